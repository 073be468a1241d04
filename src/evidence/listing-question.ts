import { terms } from '../memory/search/tokenize.ts';
import type { Listed } from './listing.ts';

/** What a question wants listed or counted. */
export interface ListInquiry {
  readonly kind: 'list';
  readonly what: Listed;
  readonly words: readonly string[];
  readonly endings?: readonly string[];
  readonly place?: string;
}

/** The noun that is listed, in its plural where a language has one. */
const NOUNS: readonly (readonly [Listed, string])[] = [
  ['todo', 'todos?|to ?dos?|fixmes?|todo comments?|todo-kommentare'],
  [
    'error',
    '(?:error|exception) (?:classes|types)|custom (?:errors|exceptions)|errors|exceptions|ausnahmen|fehlerklassen|异常类?|例外|예외',
  ],
  [
    'route',
    'routes|endpoints|api routes|url patterns|routen|endpunkte|rutas|rotas|маршрут\\p{L}*|路由|接口路径|エンドポイント|ルート|엔드포인트|라우트',
  ],
  ['test', 'test cases?|tests|unit tests|testfälle|pruebas|testes|тест(?:ы|ов)|测试用例|测试|テスト(?:ケース)?|테스트'],
  ['class', 'classes|klassen|clases|classi|класс(?:ы|ов)|类|クラス|클래스'],
  ['variable', '(?:input )?variables'],
  ['output', 'outputs'],
  ['resource', 'resources'],
  ['model', '(?:data(?:base)? )?models'],
  ['table', '(?:database )?tables|tabellen|tablas|tabelas|таблиц[ыа]?|数据表|テーブル|테이블'],
  ['module', 'modules|namespaces|module[ns]|módulos|moduli|модул(?:и|ей)|模块|モジュール|모듈'],
  ['interface', 'interfaces|protocols|traits|schnittstellen|接口|インターフェース|인터페이스'],
  ['enum', 'enums|enumerations|aufzählungen|枚举|列挙型|열거형'],
  ['struct', 'structs?|structures|结构体|構造体|구조체'],
  [
    'function',
    'functions|methods|funktionen|methoden|fonctions|méthodes|funciones|métodos|funções|funzioni|metodi|функци(?:и|й)|метод(?:ы|ов)|函数|方法|関数|メソッド|함수|메서드',
  ],
  ['file', '(?:source )?files|dateien|fichiers|archivos|ficheros|arquivos|файл(?:ы|ов)|文件|ファイル|파일'],
];
const LISTING =
  '(?:list|enumerate|show|give|name|find|get|print|which|what|how many|number of|count|all|every|liste|zähle|zeige?|welche|wie ?viele|alle|sämtliche|anzahl|combien|quel(?:le)?s|toutes?|tous|cuánt[ao]s|todos|todas|lista|quant[aeio]s?|elenca|сколько|все|перечисли|покажи|列出|有多少|多少|所有|全部|几个|哪些|すべて|全て|一覧|いくつ|何個|모든|몇|목록|나열)';
/** Words that restrict nothing. */
const FILLER = new Set(
  (
    'list enumerate show give name find get print which what how many number of count all every me the a an are is there in this that our your my project ' +
    'repo repository codebase code base does do it have has exist exists defined define please total overall altogether here and with their lines line to ' +
    'contain contains can you we i these those you’ve been kind kinds of unique distinct different existing available current currently whole entire ' +
    'liste zähle zeig zeige mir bitte welche wie viele wieviele alle sämtliche anzahl gibt es hier im in diesem dem der die das projekt sind hat von den werden ' +
    'combien y a t il de dans ce projet les des quels quelles toutes tous le la sont du et existent ' +
    'cuántos cuántas hay en este proyecto todos todas los las el lista de quantos quantas há neste projeto os as quante quanti ci sono questo progetto tutte tutti gli ' +
    'сколько все всего в этом проекте есть перечисли покажи'
  ).split(' '),
);
const LANGUAGES: Readonly<Record<string, readonly string[]>> = {
  typescript: ['.ts', '.tsx', '.mts', '.cts'],
  javascript: ['.js', '.jsx', '.mjs', '.cjs'],
  python: ['.py', '.pyi'],
  rust: ['.rs'],
  go: ['.go'],
  java: ['.java'],
  kotlin: ['.kt', '.kts'],
  ruby: ['.rb'],
  c: ['.c', '.h'],
  'c++': ['.cpp', '.cc', '.cxx', '.hpp', '.hh', '.h'],
  markdown: ['.md', '.markdown', '.mdx'],
  json: ['.json'],
  yaml: ['.yml', '.yaml'],
  css: ['.css', '.scss', '.less'],
  html: ['.html', '.htm'],
  php: ['.php'],
  'c#': ['.cs'],
  'f#': ['.fs', '.fsx'],
  swift: ['.swift'],
  elixir: ['.ex', '.exs'],
  erlang: ['.erl', '.hrl'],
  scala: ['.scala', '.sc'],
  lua: ['.lua'],
  shell: ['.sh', '.bash', '.zsh'],
  powershell: ['.ps1', '.psm1'],
  sql: ['.sql'],
  terraform: ['.tf', '.tfvars'],
  zig: ['.zig'],
  dart: ['.dart'],
  haskell: ['.hs'],
  perl: ['.pl', '.pm'],
  vue: ['.vue'],
  svelte: ['.svelte'],
  xml: ['.xml'],
  toml: ['.toml'],
};

/** Where a list is wanted: `in src/web`, `of lib/main.c`, "in the src/web folder", `im Ordner src/web`. */
const PLACE =
  /\s(?:in|under|inside|within|below|of|from|im|unter|aus)\s+(?:the\s+|der\s+|dem\s+|das\s+)?(?:(?:folder|directory|file|module|package|ordner|verzeichnis|datei)\s+)?[`"']?(?:(?:\.\/)?([\w@.-]+(?:\/[\w@.-]+)+|[\w@-][\w@.-]*\.[a-z]\w{0,5}|[\w@.-]+(?=\/))\/?[`"']?(?:\s+(?:folder|directory|file))?|([\w@.-]+)[`"']?\s+(?:folder|directory))$/i;
/** A product's name may end as a file's does: then it says the project, and no place in it. */
const PRODUCT_ENDING = /\.(?:js|py|io|rs|go|net)$/;

/**
 * A list or a count of what can be counted exactly; undefined where more is asked than that.
 *
 * @param project what the project is called, in small letters
 */
export function listingOf(asked: string, project: ReadonlySet<string>): ListInquiry | undefined {
  const placed = PLACE.exec(asked.trimEnd().replace(/\s?[?.!]$/, ''));
  const said = placed?.[1] ?? placed?.[2];
  const place = said !== undefined && isProject(said, project) ? undefined : said;
  const text = placed ? asked.slice(0, placed.index) : asked;
  const plain = text
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\p{M}+#_ ]+/gu, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  const spaced = (form: string) => new RegExp(`(?<![\\p{L}\\p{N}_])(?:${form})(?![a-zа-яäöüß\\d_])`, 'u');
  const unspaced = (form: string) => new RegExp(form, 'u');
  const isCjk = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u.test(plain);
  const fits = isCjk ? unspaced : spaced;
  if (!fits(LISTING).test(plain)) return undefined;
  for (const [what, form] of NOUNS) {
    const found = fits(form).exec(plain);
    if (!found) continue;
    const rest = `${plain.slice(0, found.index)} ${plain.slice(found.index + found[0].length)}`;
    if (isCjk) return /[a-z]{2}/.test(rest) ? undefined : { kind: 'list', what, words: [] };
    const left = rest.split(' ').filter((word) => word !== '' && !FILLER.has(word));
    const endings = what === 'file' ? left.flatMap((word) => LANGUAGES[word] ?? []) : [];
    const words = left.filter((word) => !(what === 'file' && word in LANGUAGES)).flatMap((word) => terms(word));
    // Before the noun stands what it is called; behind it, a condition that only a reader can check.
    const behind = plain
      .slice(found.index + found[0].length)
      .split(' ')
      .filter((word) => word !== '' && !FILLER.has(word));
    if (behind.length > 0 || words.length > 2) return undefined;
    return {
      kind: 'list',
      what,
      words,
      ...(endings.length > 0 && { endings }),
      ...(place !== undefined && { place }),
    };
  }
  return undefined;
}

function isProject(place: string, project: ReadonlySet<string>): boolean {
  const name = place.toLowerCase();
  return PRODUCT_ENDING.test(name) && (project.has(name) || project.has(name.replace(PRODUCT_ENDING, '')));
}
