import { describe, expect, it } from 'vitest';
import { choiceText, chosenModel } from '../../../src/answer-model/chosen-model.ts';

describe('the line that names an answer model', () => {
  it.each([
    ['', { kind: 'built-in' }],
    [' built-in ', { kind: 'built-in' }],
    ['qwen2.5-coder-1.5b', { kind: 'local', name: 'qwen2.5-coder-1.5b' }],
    ['editor:copilot/gpt-4o', { kind: 'editor', vendor: 'copilot', id: 'gpt-4o' }],
    ['editor:a/b/c', { kind: 'editor', vendor: 'a', id: 'b/c' }],
  ])('%j is %j', (text, choice) => {
    expect(chosenModel(text)).toEqual(choice);
  });

  it.each([
    ['http://localhost:11434#qwen2.5-coder:7b', 'http://localhost:11434/v1', 'localhost:11434', true],
    ['HTTP://LocalHost:8080/', 'http://localhost:8080/v1', 'localhost:8080', true],
    ['http://127.9.0.1:8080', 'http://127.9.0.1:8080/v1', '127.9.0.1:8080', true],
    // Another spelling of 127.0.0.1.
    ['http://0x7f.1:8080', 'http://127.0.0.1:8080/v1', '127.0.0.1:8080', true],
    ['http://[::1]:8080/api/v3/', 'http://[::1]:8080/api/v3', '[::1]:8080', true],
    ['https://models.example#a', 'https://models.example/v1', 'models.example', false],
    ['http://localhost.example:80', 'http://localhost.example/v1', 'localhost.example', false],
    ['http://127.0.0.1.example:1', 'http://127.0.0.1.example:1/v1', '127.0.0.1.example:1', false],
    ['http://0.0.0.0:8080', 'http://0.0.0.0:8080/v1', '0.0.0.0:8080', false],
  ])('%s leads to %s at %s, on this machine: %s', (text, baseUrl, address, isLoopback) => {
    expect(chosenModel(text)).toMatchObject({ kind: 'server', baseUrl, address, isLoopback });
  });

  it('takes all behind the first # for the model, and none for the first one offered', () => {
    expect(chosenModel('http://localhost:1234#a/b#c')).toMatchObject({ model: 'a/b#c' });
    expect(chosenModel('http://localhost:1234#')).toMatchObject({ model: undefined });
  });

  it.each([
    'http://',
    'http://user:key@localhost:8080',
    'http://localhost:8080?key=1',
    'localhost:8080#a',
    'ftp://localhost#a',
    'editor:copilot#x',
    `a\nb`,
    'x'.repeat(501),
  ])('%j is refused in one sentence', (text) => {
    expect(() => chosenModel(text)).toThrow(/^".*" names no answer model\. Write built-in, .*\.$/su);
  });

  it.each([
    'built-in',
    'a-model',
    'http://localhost:8080#a:7b',
    'http://localhost:8080',
    'https://a.b/x#m',
    'https://a.b/api/v1#m',
    'editor:a/b',
  ])('%s is written as it is read', (text) => {
    expect(choiceText(chosenModel(text))).toBe(text);
  });
});
