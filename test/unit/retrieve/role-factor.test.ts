import { describe, expect, it } from 'vitest';
import { roleFactor, ROLES } from '../../../src/retrieve/role-factor.ts';

const paths = {
  test: 'test/a.test.ts',
  documentation: 'README.md',
  example: 'examples/a.ts',
  changelog: 'CHANGELOG.md',
  configuration: 'package.json',
} as const;

describe('a question that names a role', () => {
  it.each([
    ['test', 'Which tests cover the parser?'],
    ['test', 'Welche Testfälle prüfen den Parser?'],
    ['test', 'Wo wird der Parser getestet?'],
    ['test', '¿Dónde están las pruebas del analizador?'],
    ['test', 'Où sont les tests de l’analyseur ?'],
    ['test', 'Onde estão os testes do analisador?'],
    ['test', '解析器的测试在哪里？'],
    ['test', 'パーサーのテストはどこですか'],
    ['test', '파서 테스트는 어디에 있나요?'],
    ['documentation', 'What do the docs say?'],
    ['documentation', 'Was steht in der Dokumentation?'],
    ['documentation', '¿Qué dice la documentación?'],
    ['documentation', 'Que dit la documentation ?'],
    ['documentation', 'O que diz a documentação?'],
    ['documentation', '文档里怎么说？'],
    ['documentation', 'ドキュメントには何と書いてありますか'],
    ['documentation', '문서에는 뭐라고 되어 있나요?'],
    ['example', 'Is there an example?'],
    ['example', 'Gibt es ein Beispiel?'],
    ['example', '¿Hay un ejemplo?'],
    ['example', 'Y a-t-il un exemple ?'],
    ['example', 'Há um exemplo?'],
    ['example', '有示例吗？'],
    ['example', 'サンプルはありますか'],
    ['example', '예제가 있나요?'],
    ['changelog', 'What changed in the last release?'],
    ['changelog', 'Welche Änderungen gab es seit 2.0?'],
    ['changelog', '¿Qué cambios hay en la nueva versión?'],
    ['changelog', 'Quels changements depuis la 2.0 ?'],
    ['changelog', 'Quais mudanças há na versão 2?'],
    ['changelog', '新版本有什么变更？'],
    ['changelog', '変更履歴はどこですか'],
    ['changelog', '변경 이력은 어디에 있나요?'],
    ['configuration', 'Where is the configuration?'],
    ['configuration', 'Wo ist die Konfiguration?'],
    ['configuration', '¿Dónde está la configuración?'],
    ['configuration', 'Où sont les paramètres ?'],
    ['configuration', 'Onde fica a configuração?'],
    ['configuration', '配置在哪里？'],
    ['configuration', '設定はどこですか'],
    ['configuration', '설정은 어디에 있나요?'],
  ] as const)('%s: %s', (role, question) => {
    expect(roleFactor(paths[role], question)).toBe(1);
  });

  it.each([
    'How does the parser read a number?',
    'Wie liest der Parser eine Zahl?',
    '¿Cómo lee un número el analizador?',
    'Comment l’analyseur lit-il un nombre ?',
    'Como o analisador lê um número?',
    '解析器如何读取数字？',
    'パーサーは数値をどう読みますか',
    '파서는 숫자를 어떻게 읽나요?',
    'Who wins the contest, and who is the greatest?',
  ])('no other question does: %s', (question) => {
    for (const role of Object.keys(paths) as (keyof typeof paths)[]) {
      expect(roleFactor(paths[role], question)).toBe(ROLES[role].factor);
    }
  });
});
