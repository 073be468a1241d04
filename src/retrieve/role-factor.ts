import { roleOf, ROLES as ALL_ROLES } from '../workspace/files/role.ts';
import type { Role } from '../workspace/files/role.ts';
import { perList } from './per-list.ts';

/**
 * Whole words: with any letters at a `*`, and a blank, a hyphen or nothing at a `+`. `unspaced` are words of languages
 * that put no blanks between them.
 */
function wordsOf(words: string, unspaced = ''): RegExp {
  const listed = words.trim().split(/\s+/).join('|').replaceAll('+', '[ -]?').replaceAll('*', '[\\p{L}\\p{M}\\p{N}_]*');
  const others = unspaced.trim() === '' ? '' : `|${unspaced.trim().split(/\s+/).join('|')}`;
  return new RegExp(`(?<![\\p{L}\\p{M}\\p{N}_])(?:${listed})(?![\\p{L}\\p{M}\\p{N}_])${others}`, 'iu');
}

/** The words of English, German, Spanish, French, Portuguese; then of Chinese, Japanese, Korean. */
const CONFIGURATION = wordsOf(
  `config* settings? ci workflow package depend* requirements? build
   konfig* einstellung* abhängigkeit* configuraci[oó]n* ajustes? dependencias? param[eéè]tr* réglages? dépendances?
   configuraç[aãoõ]* definiç[oõ]es depend[eê]ncias?`,
  '配置 设置 設定 設置 依赖 依賴 構成 依存 설정 구성 의존',
);
const EXAMPLE = wordsOf(
  `examples? samples? demo benchmarks?
   beispiel* demos ejemplos? muestras? exemples? exemplos? amostras?`,
  '示例 例子 范例 範例 样例 サンプル 実例 使用例 用例 デモ 예제 예시 샘플 데모',
);
const DOCUMENTATION = wordsOf(
  `docs? documentation readme guide install* licen[sc]e
   dokumentation* doku anleitung* handbuch* lizenz* documentaci[oó]n gu[ií]as? manual instala* licencias?
   guides? documentação licenças? licença`,
  '文档 文檔 說明 说明 指南 许可 安装 安裝 ドキュメント 文書 ガイド 手引き ライセンス インストール 문서 안내 가이드 설치 라이선스',
);
const TEST = wordsOf(
  `tests? tested testing specs? fixtures? assert*
   testen getestet testet testf[aä]ll* testdat* testklass* prüf* pruebas? probad[oa]s? prueban? testée?s? teste[rnz]?
   testes testad[oa]s? testar essais?`,
  '测试 測試 用例 テスト 試験 테스트 시험',
);
const CHANGELOG = wordsOf(
  `change+log history release* versions? since changed
   änderung* geändert changelog* historie versionen seit veröffentlich* cambi[oó]s? cambiad[oa]s? historial versión
   versiones desde lanzamientos? changements? changé* historique depuis parution mudanças? mudou alteraç[oõ]es
   histórico versão versões lançamentos? notes+de+version`,
  '变更 變更 更新日志 版本 历史 歷史 发布 發佈 変更 更新履歴 履歴 バージョン リリース 변경 이력 버전 릴리스 릴리즈',
);

/**
 * Factors on a share by the file's role, in fused rankings. A test and a changelog use the question's very words, but
 * what does the work is asked for; a question that names them lifts the factor.
 */
export const ROLES: Readonly<Record<Role, { readonly factor: number; readonly named: RegExp }>> = {
  source: { factor: 1, named: /$^/ },
  configuration: { factor: 0.6, named: CONFIGURATION },
  example: { factor: 0.5, named: EXAMPLE },
  documentation: { factor: 0.5, named: DOCUMENTATION },
  test: { factor: 0.3, named: TEST },
  changelog: { factor: 0.1, named: CHANGELOG },
};

/** The factor of one file's role for a question: 1 where the question names the role. */
export function roleFactor(path: string, question: string): number {
  return factorOf(roleOf(path), question.normalize('NFC'));
}

const rolesOf = perList((paths) => paths.map(roleOf));

/** The factors of many files' roles for a question. */
export function roleFactors(paths: readonly string[], question: string): number[] {
  const asked = question.normalize('NFC');
  const factors = new Map(ALL_ROLES.map((role) => [role, factorOf(role, asked)]));
  return rolesOf(paths).map((role) => factors.get(role) ?? 1);
}

function factorOf(role: Role, asked: string): number {
  const { factor, named } = ROLES[role];
  return named.test(asked) ? 1 : factor;
}
