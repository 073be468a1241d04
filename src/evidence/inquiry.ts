import { questionTerms, terms, wordCount } from '../memory/search/tokenize.ts';
import { namesIn } from '../retrieve/identifiers.ts';
import { kindOfQuestion } from '../retrieve/question-kind.ts';
import type { EvidenceKind } from './evidence.ts';
import type { Task } from './howto.ts';
import { listingOf } from './listing-question.ts';
import type { ListInquiry } from './listing-question.ts';
import { looksLikeTrace } from './trace.ts';

/** What a question asks for, with what it names; names are the surest first. */
export type Inquiry =
  | { readonly kind: 'overview' }
  | { readonly kind: 'howto'; readonly task: Task }
  | { readonly kind: 'definition'; readonly names: readonly string[] }
  | ListInquiry
  /** `subtypes`: only what extends or implements a name. */
  | { readonly kind: 'references'; readonly names: readonly string[]; readonly asks?: 'subtypes' }
  | {
      readonly kind: 'settings';
      readonly about: 'version' | 'dependencies' | 'setting' | 'environment' | 'default' | 'licence';
      readonly words: readonly string[];
    }
  /** A reason stands in the lines and their comments first, a date only in commits. */
  | { readonly kind: 'history'; readonly names: readonly string[]; readonly asks: 'why' | 'when' }
  /** `least`: the part of a message that has to stand in a line, where nothing but that tells that it is one. */
  | { readonly kind: 'trace'; readonly least?: number }
  /** Any other question: what the ranking brought back. */
  | { readonly kind: 'lines' };

/** A question with more characters asks for something else as well; a trace is longer. */
const LONGEST = 300;
/** Words that a question of a kind may have beyond its names and those of its kind: one with more asks for more. */
const OTHER_WORDS = 5;
/** Words, empty ones too, with which a question asks for one thing. */
const SHORT = 10;

const ENVIRONMENT =
  /\benvironment variables?\b|\benv(?:ironment)? ?vars?\b|umgebungsvariable|variables? d['’ ]environnement|variables? de entorno|variáve(?:l|is) de ambiente|variabil[ei] d['’ ]ambiente|переменн\p{L}* (?:среды|окружения)|环境变量|環境變數|環境変数|환경 ?변수/iu;
const VERSION = /\bversions?\b|\bversión\b|\bversão\b|\bversione\b|верси|版本|バージョン|버전/iu;
const SETTING =
  /\b(?:(?:which|what) (?:\p{L}+ ){0,2}(?:settings?|options?|flags?|config\p{L}* (?:keys?|options?))|how (?:do|can|to|does) ?(?:i|we|you|one)? ?(?:configure|customi[sz]e)|welche\p{L}? (?:einstellung|option)\p{L}*|wie (?:stelle|konfiguriere) ich|quel(?:le)?s? (?:option|réglage|paramètre)s?|qué (?:opción|ajuste|opciones)|qual\p{L}* (?:opç|configur|opzion)\p{L}*|как(?:ая|ой|ие) (?:настройк|параметр|опци)\p{L}*)|(?:哪个|什么)(?:设置|选项|配置)|どの(?:設定|オプション)|어떤 (?:설정|옵션)/iu;
const CONFIGURE =
  /^(?:how (?:do|can|should|to) ?(?:i|we|you)? ?configure (?:it|this|(?:this|the) (?:project|app|tool|application|program|library|package|server))|(?:what|which) (?:settings|options) (?:are there|does (?:it|this|\w+) have|exist)|configuration|wie (?:konfiguriere|stelle) ich (?:es|das|\w+)(?: ein)?|comment configurer .{1,20}|cómo (?:se )?configur\p{L}+ .{1,20}|как настроить .{1,20}|如何配置.{0,12}|.{0,12}(?:設定方法|설정 방법).{0,8})[\s?!.？。]*$/iu;
const BUILD =
  /\b(?:build|compile|install|bau|kompilier|installier|compil|instal|сборк|собра|установ)\p{L}*|构建|编译|安装|ビルド|インストール|빌드|설치/iu;
const HISTORY =
  /\b(?:since when|when (?:was|were|did)|who (?:wrote|added|changed|introduced|authored|removed|last)|history of|(?:which|what) commits?|git (?:log|blame|history)|seit wann|wann wurden?|wer hat|depuis quand|quand (?:a|est|ont)|qui a (?:écrit|ajouté|modifié)|desde cuándo|cuándo|quién (?:escribió|añadió|cambió)|desde quando|quando foi|quem (?:escreveu|adicionou)|da quando|chi ha (?:scritto|aggiunto))(?![\p{L}])|(?:^|\s)(?:с каких пор|когда|кто (?:написал|добавил|изменил))(?!\p{L})|什么时候|何时|谁(?:写|添加|加|修改|改)|いつ(?:から)?|誰が(?:書|追加|変更)|언제|누가 (?:작성|추가|변경)/iu;
const WHY =
  /\b(?:warum|weshalb|wieso|pourquoi|por qué|por que|perché|why (?:is|are|was|were|do|does|did|has|have|isn|aren|don|doesn))(?![\p{L}])|(?:^|\s)(?:почему|зачем)(?!\p{L})|为什么|为何|なぜ|왜/iu;
/** What happens when something is done with a name is told by its body, unless what is done is a change to it. */
const BEHAVIOUR = /^(?:what happens|how (?!often|many)|why)\b(?!.*\b(?:chang|renam|remov|delet|modif|edit)\p{L}*)/iu;
const DEFAULT =
  /\b(?:default|by default|defaults? to)\b|\bhow (?:many|long|large|big|much|often)\b.*\b(?:allowed|at most|at least|maximum|minimum)\b|\b(?:standardwert|voreinstellung|voreingestellt|standardmäßig|par défaut|por defecto|predeterminad\p{L}|padrão|predefinit\p{L})|по умолчанию|默认|預設|デフォルト|기본값/iu;
const LICENCE =
  /^(?:under |what |which |is |how )?.{0,24}\b(?:licen[cs]ed?|lizenz|lizenziert|licencia|licença|licenza)\b.{0,40}$|лицензи|许可证|授权协议|ライセンス|라이선스/iu;
/** A default that is no value, and a question after the code that reads one. */
const DEFAULT_CODE =
  /\bdefault (?:exports?|imports?|constructors?|(?:\p{L}+ )?handlers?|(?:switch )?case)\b|\bwhere\b.*\b(?:read|loaded|parsed|applied|handled|resolved)\W*$/iu;
/** Code that has to do with licences, as of users of a product: no project's own licence. */
const LICENCE_CODE =
  /\b(?:functions?|class(?:es)?|methods?|keys?|user|licen[cs]ed users|checks|checked|checking|checker|valid\w*)\b|\bwhere\b.*\b(?:check|used|called|imported|loaded|parsed|stored)\b/iu;
const USES =
  /\b(?:(?:who|what|which(?: \p{L}+){0,2}|where) (?:all )?(?:uses?|calls?|imports?|references?|invokes?|consumes?|depends? on|instantiates?|implements?|extends?|inherits? from|derives? from|subclass(?:es)?)|(?:subclasses|subtypes|implementations|implementors|implementers|descendants) of|(?:is|are) .{1,60} (?:used|called|imported|referenced|invoked|instantiated)|where (?:do|does) .{1,40} (?:use|call)|(?:usages?|uses|callers?|references?|occurrences?) (?:of|to)|call sites?|what (?:breaks|would break|happens|is affected|depends)[^?]{0,30} (?:if|when|on)|impact of (?:chang|remov|renam)\p{L}+|how (?:often|many times) (?:is|are)|find all (?:uses|usages|references|calls|callers)|wer (?:benutzt|verwendet|nutzt|ruft|importiert)|wo wird .{1,60} (?:benutzt|verwendet|genutzt|aufgerufen|gebraucht)|was (?:bricht|geht kaputt|passiert),? wenn|qui (?:utilise|appelle|importe)|où (?:est|sont) .{0,60}(?:utilis|appel)\p{L}+|quién (?:usa|llama|importa|utiliza)|dónde se (?:usa|llama|utiliza)|quem (?:usa|chama|importa)|onde (?:é|se) (?:usad|usa|chamad)\p{L}*|chi (?:usa|chiama|importa)|dove (?:viene|è|si) (?:usat|usa|chiamat|utilizzat)\p{L}*)(?!\p{L})|где (?:используется|вызывается|применяется)|кто (?:использует|вызывает|импортирует)|谁(?:在)?(?:使用|调用|引用|用)|(?:哪里|哪些地方|哪些文件|哪儿).{0,6}(?:使用|调用|引用|用到|用了)|被(?:谁|哪些).{0,8}(?:使用|调用|引用)|どこで.{0,12}(?:使|呼|参照)|(?:使用|呼び出し|参照)(?:箇所|元)|어디(?:에서|서).{0,20}(?:사용|호출|쓰)|누가.{0,20}(?:사용|호출|쓰)/iu;
const SUBTYPES =
  /\b(?:implements?|extends?|inherits? from|derives? from|subclass(?:es)?|subtypes|implementations|implementors|implementers|descendants)\b/iu;
const WHERE =
  /\b(?:where(?: exactly)?(?: ?s| is| are| can i find| do (?:i|we) find| does| do| in the \p{L}+ is)|definition of|signature of|implementation of|(?:show|find|locate|open)(?: me)?(?: the)?|which (?:file|module) (?:defines|implements|declares|contains|has)|what (?:is|are|does)|wo (?:ist|sind|steht|stehen|finde ich|liegt|wird)|zeige?(?: mir)?(?: die| den| das)?|was (?:ist|macht|tut)|où (?:est|sont|se trouve)|qu['’ ]est[- ]ce que|dónde está|dónde se define|qué (?:es|hace)|onde (?:está|fica|é definid\p{L})|dov['’ ]è|cosa (?:è|fa))(?![\p{L}])|где (?:находится|определ|объявл|реализ)|что (?:такое|делает)|(?:在)?(?:哪里|哪儿|哪个文件|何处)|(?:定义|实现)在|是什么|どこ(?:に|で)?(?:定義|実装|あり|ある)?|とは|어디(?:에|에서)? ?(?:정의|있|구현)|뭐|무엇/iu;

/** Words of a name's question that are no names, though they may be defined somewhere. */
const NO_NAME = new Set(
  (
    'where what which who why when how is are was were the a an of in it this that defined declared implemented located used uses use calls call called imports import imported ' +
    'references reference usages usage callers caller breaks break change changed changing rename remove function method class type interface file module code definition ' +
    'implementation signature find show locate wo wird ist der die das definiert verwendet benutzt warum since introduced added wrote written project does do if i happens affected affects ' +
    'commit history all every often many times version depend depends on'
  ).split(' '),
);
const NO_NAME_TERMS = new Set([...NO_NAME].flatMap((word) => terms(word)));
/**
 * What a question asks for, told by its words in ten languages; undefined where no kind is sure. A kind that the user
 * chose is taken, with what the question names.
 *
 * @param project what the project is called, in small letters
 */
export function inquiryOf(question: string, project: ReadonlySet<string>, chosen?: EvidenceKind): Inquiry | undefined {
  const text = question.trim();
  const names = candidateNames(text);
  if (chosen !== undefined) return chosenInquiry(chosen, text, project, names);
  if (text.includes('\n') ? looksLikeTrace(text) : isMessage(text)) return { kind: 'trace' };
  if (text.length > LONGEST) return undefined;
  const known = kindOfQuestion(text, project);
  if (known === 'overview') return { kind: 'overview' };
  if (known === 'test') return { kind: 'howto', task: 'test' };
  if (known === 'run') return { kind: 'howto', task: BUILD.test(text) ? 'build' : 'run' };
  const isMore = asksMore(text, names);
  if (ENVIRONMENT.test(text) && !isMore) return environmentInquiry(text);
  if (CONFIGURE.test(text)) return { kind: 'howto', task: 'configure' };
  if (known === 'dependencies') {
    const words = versionWords(text);
    const isOpen = words.length === 0 && !VERSION.test(text);
    return { kind: 'settings', about: isOpen ? 'dependencies' : 'version', words };
  }
  if (LICENCE.test(text) && !LICENCE_CODE.test(text) && !isMore)
    return { kind: 'settings', about: 'licence', words: [] };
  if (USES.test(text) && !BEHAVIOUR.test(text) && names.length > 0 && !isMore)
    return { kind: 'references', names, ...(SUBTYPES.test(text) && { asks: 'subtypes' as const }) };
  const listed = listingOf(text, project);
  if (listed) return listed;
  if (HISTORY.test(text)) return { kind: 'history', names, asks: 'when' };
  if (WHY.test(text)) return { kind: 'history', names, asks: 'why' };
  if (isMore) return undefined;
  if (DEFAULT.test(text) && !DEFAULT_CODE.test(text))
    return { kind: 'settings', about: 'default', words: questionTerms(text) };
  if (
    VERSION.test(text) &&
    /\b(?:which|what|welche|quelle|qu[eé]|qual|quale)\b|как|哪|什么|何|どの|무슨|어떤|몇/iu.test(text)
  ) {
    return { kind: 'settings', about: 'version', words: versionWords(text) };
  }
  if (SETTING.test(text)) return { kind: 'settings', about: 'setting', words: questionTerms(text) };
  return WHERE.test(text) && names.length > 0 ? { kind: 'definition', names } : undefined;
}

/**
 * Whether a question says so much beside its names that its kind is told by one word of many: in "What is the role of
 * the test that…" nobody asks where `test` is defined.
 */
function asksMore(text: string, names: readonly string[]): boolean {
  if (wordCount(text) <= SHORT) return false;
  const own = new Set([...names.flatMap((name) => terms(name)), ...NO_NAME_TERMS]);
  return new Set(questionTerms(text).filter((term) => !own.has(term))).size > OTHER_WORDS;
}

function chosenInquiry(
  kind: EvidenceKind,
  text: string,
  project: ReadonlySet<string>,
  names: readonly string[],
): Inquiry | undefined {
  switch (kind) {
    case 'overview':
    case 'trace':
    case 'lines':
      return { kind };
    case 'howto': {
      const known = kindOfQuestion(text, project);
      if (known === 'test' || /test|тест|测试|テスト|테스트/iu.test(text)) return { kind, task: 'test' };
      if (/config|setting|option|einstell|konfig|настро|配置|設定|설정/iu.test(text))
        return { kind, task: 'configure' };
      return { kind, task: BUILD.test(text) ? 'build' : 'run' };
    }
    case 'definition':
    case 'references':
      return { kind, names };
    case 'history':
      return { kind, names, asks: HISTORY.test(text) ? 'when' : 'why' };
    case 'list':
      return listingOf(text, project);
    case 'settings':
      if (ENVIRONMENT.test(text)) return environmentInquiry(text);
      return VERSION.test(text)
        ? { kind, about: 'version', words: versionWords(text) }
        : { kind, about: 'setting', words: questionTerms(text) };
  }
}

/** How a question or a wish begins. */
const ASKING =
  /^[^\p{L}]*(?:how|what|which|who|whom|whose|when|where|why|is|are|was|were|do|does|did|can|could|should|would|will|has|have|list|show|find|explain|describe|tell|give|count|name|summari[sz]e|compare|please|wie|was|welche\p{L}?|wer|wo|wann|warum|wieso|zeige?|liste|erklär\p{L}*|où|quel(?:le)?s?|qui|comment|pourquoi|quand|combien|qué|quién(?:es)?|dónde|cómo|cuándo|cuál(?:es)?|cuánt[ao]s?|por qué|por que|onde|qual|quais|quem|quando|como|chi(?!:)|dove|quale|quali|cosa|come|perché|где|что|кто|как\p{L}*|почему|зачем|когда|сколько)(?!\p{L})/iu;
/** What no error says: a wish or a question after other words. */
const WISH =
  /(?<!\p{L})(?:explain|describe|summari[sz]e|tell me|show me|erkläre?|expliquez?|explica|spiega|объясни\p{L}*)(?!\p{L})|[,:;] (?:how|what|which|who|when|where|why) (?:is|are|was|were|do|does|did|can|should)\b|什么|哪里|哪个|どこ|なぜ|ですか|어디|무엇|왜/iu;
/** What introduces a sentence that somebody writes. */
const REMARK = /^(?:note|nb|hint|fyi|ps|re|question|context|task|todo|example|hinweis|frage|aufgabe)\s*:/iu;
/** A quoted value; the apostrophe of a word opens and closes nothing. */
const QUOTED = /(?<!\p{L})["'“‘][^"'“‘]+["'”’](?!\p{L})/u;

/** One line that is nothing but an error, or that quotes a value as errors do and asks nothing. */
function isMessage(text: string): boolean {
  if (/[?？]\s*$/.test(text)) return false;
  if (looksLikeTrace(text) && /(?:Error|Exception):|^(?:[\w.-]+: )?(?:panic|fatal|error)\b/i.test(text)) return true;
  const isQuoting = QUOTED.test(text) || (/\w: \w/.test(text) && !REMARK.test(text));
  return isQuoting && wordCount(text) >= 4 && !ASKING.test(text) && !WISH.test(text);
}

/** A type or a module with what it belongs to: `Oban.Repo`, `Sidekiq::Job`; neither `Node.js` nor `App.run`. */
const QUALIFIED = /(?<![\w./:])[A-Z]\w*(?:(?:\.|::)[A-Z]\w*)+(?![\w/]|\.\w)/g;

/** `README.MD` and `Vue.JS` are a file and a product. */
const FILE_LIKE = /^\w+\.(?:MD|TXT|RST|HTML?|JS|TS|PY|IO|NET|AI|JSON|XML|YA?ML|CSV|PDF)$/;

/** The part of a sentence that has to stand in one line, so that it is taken for a message. */
const BARE = 0.6;
/** Words of a sentence that is looked for as a message first. */
const LONG = 7;
/** How a wish for a change begins. */
const ORDER =
  /^(?:please |bitte )?(?:add|allow|build|change|check|clean|convert|create|debug|delete|disable|document|enable|extend|extract|fix|generate|go|handle|help|implement|improve|inline|let|make|merge|migrate|move|open|optimi[sz]e|print|refactor|remove|rename|replace|restore|return|review|rewrite|run|set|split|start|stop|support|test|translate|try|turn|update|upgrade|use|write|füge|mach|ändere|schreib|entferne|ersetze)\p{L}{0,2}(?!\p{L})/iu;

/** Pronouns that no error message has. */
const PERSONAL =
  /(?<![\p{L}\p{N}])(?:i|i['’]m|we|my|our|me|us|ich|wir|mir|mich|uns|mein\p{L}*|je|nous|mon|yo|nos|eu|io|noi|я|мы|мне|нам)(?![\p{L}\p{N}])/iu;

/**
 * A sentence that asks and wishes nothing may be what somebody read: a message without any mark of one. A long one is
 * looked for first, a short one where it is of no other kind.
 */
export function bareMessage(text: string, known: Inquiry | undefined): Inquiry | undefined {
  if (text.length > LONGEST) return undefined;
  const words = wordCount(text);
  if (known?.kind === 'trace' || (known && words < LONG)) return undefined;
  return isStatement(text.trim(), words) ? { kind: 'trace', least: BARE } : undefined;
}

function isStatement(text: string, words: number): boolean {
  if (text.includes('\n') || words < 4 || words > 25 || /[?？]\s*$/.test(text)) return false;
  return !ASKING.test(text) && !WISH.test(text) && !REMARK.test(text) && !ORDER.test(text) && !PERSONAL.test(text);
}

/**
 * The names that a question is about: what is written like code or with capitals, or else its only other word. Beside a
 * qualified name, one that is written like code is what it is about: "Who calls retryJob in Oban.Repo?".
 */
function candidateNames(text: string): string[] {
  const named = namesIn(text).filter(({ name }) => !NO_NAME.has(name.toLowerCase()));
  const qualified = text.match(QUALIFIED)?.find((name) => !FILE_LIKE.test(name));
  if (qualified !== undefined) {
    const parts = new Set(qualified.split(/\.|::/));
    const beside = named.filter(({ name, kind }) => kind === 'code' && !parts.has(name)).map(({ name }) => name);
    return [...beside, qualified, qualified.replace(/^.*[.:]/, '')];
  }
  const written = named.filter(({ kind }) => kind !== 'word');
  // Of several words that may be names or not, none is sure.
  if (written.length === 0 && named.length > 1) return [];
  return (written.length > 0 ? written : named).map(({ name }) => name);
}

function environmentInquiry(text: string): Inquiry {
  const rest = text.replace(ENVIRONMENT, ' ');
  const named = namesIn(rest).filter(({ name, kind }) => kind === 'code' && /^[A-Z\d_]+$/.test(name));
  return { kind: 'settings', about: 'environment', words: named.map(({ name }) => name) };
}

const VERSION_FILLER = new Set(
  (
    'which what version versions of do does is are we need use uses using used require required requires requirement depend depends support supported supports supporting target project ' +
    'this the it minimum minimal least latest our repo repository app application library package run runs running dependencies dependency have has list all packages libraries frameworks on ' +
    'welche version von brauchen braucht wir das projekt benötigt verwendet wird hat dieses nutzt abhängigkeiten'
  ).split(' '),
);

function versionWords(text: string): string[] {
  const words = text.match(/[\p{L}\p{N}_.@/-]*[\p{L}\p{N}]/gu) ?? [];
  return words.filter((word) => /^[\w.@/-]+$/.test(word) && !VERSION_FILLER.has(word.toLowerCase()));
}
