import { describe, expect, it, test } from 'vitest';
import { kindOfQuestion, meantFiles } from '../../../src/retrieve/question-kind.ts';

const project = new Set(['express', 'express.js']);

test.each([
  ['What is this project about?', 'overview'],
  ["What's this repo about", 'overview'],
  ['What does this repo do?', 'overview'],
  ['what is this?', 'overview'],
  ['What does it do?', 'overview'],
  ['What is Express?', 'overview'],
  ['What does express do exactly?', 'overview'],
  ['Give me a short overview of the codebase, please', 'overview'],
  ['Can you explain this project to me?', 'overview'],
  ['Please summarize this repository', 'overview'],
  ['Describe the app', 'overview'],
  ['What is the purpose of this project?', 'overview'],
  ['Tell me about this project', 'overview'],
  ['How does this project work?', 'overview'],
  ['What problem does this tool solve?', 'overview'],
  ['What kind of project is this?', 'overview'],
  ['Worum geht es in diesem Projekt?', 'overview'],
  ['Worum geht es hier?', 'overview'],
  ['Was macht dieses Projekt?', 'overview'],
  ['Was ist das hier?', 'overview'],
  ['Wozu dient das Repository?', 'overview'],
  ['Erkläre mir kurz diese Codebasis', 'overview'],
  ['Gib mir einen Überblick über das Projekt', 'overview'],
  ['De quoi parle ce projet ?', 'overview'],
  ['Que fait ce projet ?', 'overview'],
  ["Qu'est-ce que ce projet ?", 'overview'],
  ['¿De qué trata este proyecto?', 'overview'],
  ['¿Qué hace este repositorio?', 'overview'],
  ['O que faz este projeto?', 'overview'],
  ['Di cosa tratta questo progetto?', 'overview'],
  ['О чём этот проект?', 'overview'],
  ['Что делает этот проект?', 'overview'],
  ['这个项目是做什么的？', 'overview'],
  ['请介绍一下这个项目', 'overview'],
  ['このプロジェクトは何をするものですか？', 'overview'],
  ['이 프로젝트는 무엇인가요?', 'overview'],
  ['How do I run this?', 'run'],
  ['How do I build this project?', 'run'],
  ['How can I install it?', 'run'],
  ['How do I build and run this project locally?', 'run'],
  ['how to get started', 'run'],
  ['How do I set up the project from source?', 'run'],
  ['How is this app deployed?', 'run'],
  ['Which command starts the server?', 'run'],
  ['Installation instructions', 'run'],
  ['Wie starte ich das Projekt?', 'run'],
  ['Wie kann ich die App lokal ausführen?', 'run'],
  ['Wie installiere ich das?', 'run'],
  ['Wie baut man dieses Projekt?', 'run'],
  ['Comment lancer ce projet ?', 'run'],
  ['¿Cómo instalo este proyecto?', 'run'],
  ['Как запустить этот проект?', 'run'],
  ['如何运行这个项目？', 'run'],
  ['このプロジェクトを実行するには？', 'run'],
  ['How do I run the tests?', 'test'],
  ['how to run all unit tests', 'test'],
  ['How can I run the e2e tests locally?', 'test'],
  ['How do I test this project?', 'test'],
  ['Which command runs the tests?', 'test'],
  ['Wie führe ich die Tests aus?', 'test'],
  ['Wie starte ich die Tests?', 'test'],
  ['Wie lasse ich die Tests laufen?', 'test'],
  ['Comment lancer les tests ?', 'test'],
  ['如何运行测试？', 'test'],
  ['テストを実行するには？', 'test'],
  ['Which version of Django do we depend on?', 'dependencies'],
  ['What version of React does this project use?', 'dependencies'],
  ['Which Node version is required?', 'dependencies'],
  ['What are the dependencies?', 'dependencies'],
  ['Which dependencies does it have?', 'dependencies'],
  ['What does this project depend on?', 'dependencies'],
  ['Welche Version von Django brauchen wir?', 'dependencies'],
  ['What does this function do?', undefined],
  ['What does this project do when a session expires?', undefined],
  ['How does the app decide which route handles a request?', undefined],
  ['How do I build a query?', undefined],
  ['How do I run a migration?', undefined],
  ['How is a test skipped?', undefined],
  ['What is a router?', undefined],
  ['Where is the project created?', undefined],
  ['What is the purpose of the parser?', undefined],
  ['Explain the code in src/a.ts', undefined],
  ['Was macht die Funktion?', undefined],
  ['Wie wird die Steuer berechnet?', undefined],
  ['项目的配置在哪里读取？', undefined],
])('%s', (question, kind) => {
  expect(kindOfQuestion(question, project)).toBe(kind);
});

describe('files that are meant', () => {
  const PATHS = [
    'CONTRIBUTING.md',
    'README.md',
    'README.de.md',
    'docs/README.md',
    'docs/tutorial.md',
    'package.json',
    'packages/a/package.json',
    'src/index.ts',
    'vitest.config.ts',
  ];
  const order = (question: string) => {
    const meant = meantFiles(kindOfQuestion(question, project), PATHS);
    return [...meant].sort((a, b) => b[1].added - a[1].added).map(([path]) => path);
  };

  it('lie at the root, what presents the project first', () => {
    expect(order('What is this project about?').slice(0, 2)).toEqual(['README.md', 'package.json']);
    expect(order('How do I run this?').slice(0, 2)).toEqual(['README.md', 'package.json']);
    expect(order('How do I run the tests?')).toEqual([
      'package.json',
      'CONTRIBUTING.md',
      'README.md',
      'vitest.config.ts',
    ]);
    expect(order('What are the dependencies?')).toEqual(['package.json', 'packages/a/package.json']);
    expect(order('What is a router?')).toEqual([]);
  });
});

it('reads any text in a moment', () => {
  for (const piece of ['on a ', 'the ', 'how do i run ', 'to ', 'auf a ', 'unser ', 'about ', 'project ', '这个项目']) {
    for (const start of [
      '',
      'what is this project ',
      'how do i run this ',
      'wie starte ich das projekt ',
      'was ist das ',
    ]) {
      kindOfQuestion(`${start}${piece.repeat(60)}`.slice(0, 119), project);
    }
  }
}, 10_000);
