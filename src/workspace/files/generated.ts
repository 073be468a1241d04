import { leadingComment } from './comment.ts';
import type { CommentLine } from './comment.ts';

/** What is looked at, in UTF-16 units: a generator's mark stands on top, below a licence at most. */
const HEAD = 4096;

const THIS =
  '(?:this|the following)(?: (?!is\\b|was\\b)[\\w.-]+){0,2}? ' +
  '(?:file|code|class|module|document|header|source|script|page|parser|lexer|interface|schema|program|package|library|stub|content|manifest|config\\w*)';
const IS = '(?:is|was|has been|have been|is being|will be|are)(?: an?)?';
const BY_ITSELF = '(?:automatically|auto|machine|programmatically|mechanically)';
const MADE = '(?:generated|created|produced|built|compiled|made|written|derived|translated|rendered|exported|managed)';
/** What is "automatically created" may be a first version that people go on with. */
const GENERATED = '(?:generated|produced)';
/** What follows when the file itself is meant: no noun of its own (`auto-generated files are skipped`). */
const ENDS =
  "(?=\\s*(?:$|[.!;:,(—–-]|by\\b|from\\b|using\\b|with\\b|via\\b|on\\b|at\\b|do\\b|don't\\b|and\\b|please\\b|(?:file|code|source|module|document|content|header)\\b))";
/** The maker stands elsewhere: what "this script" makes is another file. */
const NOT_ITSELF = '(?!.{0,20}\\bby (?:this|the) (?:script|file|program|module|tool|command|package)\\b)';

const re = (...parts: string[]) => new RegExp(`^${parts.join('')}`, 'i');

/** Statements that are marks alone. */
const MARKS: readonly RegExp[] = [
  // Go's rule (golang.org/s/generatedcode), and what others made of it.
  /^code (?:auto-?)?generated\b.{0,200}\bdo not (?:edit|modify)\b/i,
  // The tag that GitHub and many generators agree on.
  new RegExp(`^(?:${THIS} ${IS} )?(?:auto\\w* )?@(?:partially-)?generated\\b(?! (?:files?|code|tag|mark)\\b)`, 'i'),
  /^<auto-?generated\s*\/?>/i,
  re(
    `(?:${THIS} ${IS} |this ${IS} )`,
    BY_ITSELF,
    '[- ]?',
    GENERATED,
    '\\b',
    NOT_ITSELF,
    '(?! (?:if|when|in part|partly|where)\\b)',
  ),
  re(
    `(?:${THIS} ${IS} |this ${IS} )?`,
    '(?:generated|produced) (?:automatically|programmatically)\\b',
    NOT_ITSELF,
    ENDS,
  ),
  re(BY_ITSELF, '[- ]?', GENERATED, '\\b', NOT_ITSELF, ENDS),
];

/** Makers that say what they made, and not that it must stay as it is. */
const MAKERS =
  'antlr|bison|yacc|byacc|flex|jflex|lex|ragel|re2c|gperf|javacc|jjtree|jison|peg\\.?js|peggy|racc|menhir|ocamllex|coco/r|' +
  "protocol buffer compiler|protoc\\b|protoc-gen|grpc|thrift|flatbuffers|capnp|cap'n proto|openapi|swagger|asn1c|" +
  'rust-bindgen|bindgen|cbindgen|swig|cython|sip |pybind11-stubgen|uniffi|wit-bindgen|wasm-bindgen|f2py|f2c|mypyc|stubgen|' +
  'autoconf|automake|autoheader|aclocal|cmake|configure\\b|meta object compiler|qt user interface compiler|' +
  'resource compiler|ui code generator|pyuic|coffeescript|livescript|typescript compiler|haxe|dart2js|opal|elm |purescript|' +
  'mockgen|mockery|sqlc|jooq|sqlboiler|xtext|jaxb|xjc|xsd|wsdl|svcutil|swiftgen|sourcery|r\\.swift|graphql-code-generator|' +
  'dts-bundle|api-extractor|javadoc|doxygen|roxygen2|help2man|docutils|pandoc|gengetopt|vala|genie|zephir|stringer|' +
  'terragrunt|prisma|wayland-scanner|lark|versioneer|leex|yecc|happy|alex\\b|unplugin|visual c\\+\\+|nearley|' +
  'go-bindata|esc |packr|easyjson|msgp|deepcopy-gen|controller-gen|wire\\b|ent\\b';
const BY_MAKER = new RegExp(
  `^(?:(?:${THIS}|the file) ${IS} )?(?:(?!is\\b|are\\b|was\\b|were\\b|be\\b|for\\b|that\\b|which\\b|files\\b)[\\w.'/()-]+,? ){0,6}?(?:generated|produced|made|created|translated|compiled)(?: automatically)?(?: and \\w+)?` +
    `(?: (?:by|from|using|with):?|:)\\s*(?:[^.\\s]\\S* ){0,4}?(?:the )?(?:gnu |apache )?["']?(?:${MAKERS})` +
    // A sentence that goes on says where the generated code is, or what becomes of it.
    `(?![^.]{0,80} (?:is|are|lives?|goes|has|have|must|should|can|will|uses?|extends?) )`,
  'i',
);

/** Statements that say where the file comes from; a scaffold's first file says so, too, and is then written by hand. */
const ORIGINS: readonly RegExp[] = [
  re(`(?:${THIS} ${IS} |this ${IS} (?:code )?)(?:${BY_ITSELF}[- ]?)?`, MADE, '\\b', NOT_ITSELF),
  re(BY_ITSELF, '[- ]?', MADE, '\\b', NOT_ITSELF, ENDS),
  re(
    '(?:(?:[\\w-]+ )?file )?(?:generated|created|produced|translated|exported|rendered|compiled|built)(?: \\w+)?[: ]*',
    ENDS,
  ),
  re(
    '(?:form implementation|form|meta object code|ui|class|client|resource object code|[\\w.-]+\\.\\w+:?)',
    '[ .,]+(?:generated|created|produced)\\b',
  ),
  re(
    '.{0,60}\\b(?:is|was|are) (?:auto-?|automatically )?generated (?:by|from)\\b.{0,80}',
    '\\bdo not (?:edit|modify) (?:this|the) (?:file|class|code)\\b',
  ),
];

const OBJECT =
  '(?: or \\w+| manually| by hand| directly| it| this| (?:to |in )?(?:this|the) (?:[\\w.-]+ )?(?:file|class|code|module|source|document|script|content)(?=\\W|$))*';
/** "Do not edit", about the file itself: with no object, or with this file as the object. */
const HANDS_OFF = new RegExp(
  `\\b(?:do not|don't|never|should not|must not|shouldn't|not to) (?:be )?(?:manually |directly |hand[- ]?|ever )?` +
    `(?:edit(?:ed)?|modif(?:y|ied)|changed?|touch(?:ed)?|alter(?:ed)?|make (?:any )?(?:manual )?(?:changes|modifications|edits))\\b${OBJECT}` +
    `(?=\\s*(?:$|[.!,;:()—–*]|-|as\\b|since\\b|because\\b|unless\\b|but\\b|instead\\b|please\\b|run\\b|use\\b|see\\b|if\\b|when\\b))`,
  'i',
);
const LOST =
  /\b(?:changes?|edits?|modifications?)\b.{0,60}\b(?:lost|overwritten|discarded|clobbered|undone|erased)\b|\binstead of editing this file\b|\bnot intended for (?:manual|human|hand) (?:editing|modification)\b|\b(?:edit|change|modify|update) (?:the |its )?(?:source|original|template|schema|input|[\w./-]+\.\w+)\b.{0,40}\binstead\b|\bplease edit\b.{0,60}\brebuild\b|\bto regenerate\b|\bnot be edited\b/i;
/** In capitals at the beginning of a line, with nothing else said; what a human explains may be a rule for humans. */
const SHOUTED =
  /^(?:(?:WARNING|NOTE|NOTICE|ATTENTION|CAUTION|IMPORTANT)\W+)*(?:PLEASE )?D(?:O|o) (?:NOT|not) (?:EDIT|MODIFY|CHANGE|TOUCH)\b(?: THIS FILE| THIS| IT| MANUALLY| BY HAND| DIRECTLY| OR \w+)*\W*$/;
const MADE_AT_ALL = /\b(?:generat|creat|made|built|compiled|rendered|exported|derived|produced|managed|synced|copied)/i;
const SHOUTED_WITH_REASON =
  /^(?:[A-Z@ -]{0,40}\W+)?DO NOT (?:EDIT|MODIFY|CHANGE|TOUCH)\b(?! (?:BELOW|ABOVE|below|above|this (?:line|section|block|table|list)))(?=\W|$)(?!\s*\/|\s+(?:on|the|in|these|those|them|any|\/))/;

/** A file of a template engine: what it renders may be generated, the template is written by hand. */
const TEMPLATE_NAME =
  /\.(?:j2|jinja2?|tmpl|tpl|gotmpl|gohtml|mustache|hbs|handlebars|erb|rhtml|ejs|eta|eex|heex|leex|liquid|njk|nunjucks|twig|mako|tt|t4|stg|ftl|vm|template|tera|askama|cheetah|scriban|sbn|stencil|stub|snippet|epp|tftpl|dotx?)(?:\.\w+)?$|\.(?:tmpl|tpl|template)\b/;
/** Control tags where a line begins, and the tags of a value. */
const CONTROL =
  /^\s*(?:\{%[-+]?\s*\w|\{\{[~-]?\s*(?:[#/^]\w|range\b|if\b|else\b|end\b|define\b|block\b|with\b|template\b)|<%[-=]?\s|<#(?:if|list|assign|macro)\b|#(?:foreach|set)\s?\()/m;
const VALUE =
  /\{\{.*\}\}|\{%.*%\}|<%.*%>|\$\{.*\}|<#.*#>|%\(\w+\)s|(?<!%)%[sd](?![\w%])|\{\w*\}|@[A-Z][A-Z_]+@|__[A-Z]+__/;

const TEMPLATE_FOLDER = /(?:^|\/)(?:templates?|stubs?|skeletons?|scaffold(?:s|ing)?|archetypes?|boilerplates?)\//;

/** Comments in these tell of the patterns below them. */
const PATTERNS = /(?:^|\/)(?:\.\w*(?:ignore|attributes)|codeowners)$/;
/** A page's maker stands among its meta data. */
const PAGE_MAKER =
  /<!--\s*generated by (?:javadoc|doxygen|pdoc|typedoc|mandoc|yard)|<meta name="?generator"? content="(?:doxygen|pdoc|makeinfo|groff|org[- ]mode|docutils|typedoc|mkdocs)/i;
const ANNOTATED = /^@(?:javax\.annotation\.(?:processing\.)?|jakarta\.annotation\.)?Generated\(/m;

/**
 * Whether a program wrote the file, as it says itself: in its first comment, in a sentence of its own, about this file.
 * What a generator writes into others, or says of others, stands in strings and in sentences with another subject.
 * The forms are those that generators in use print; github-linguist keeps a list, too.
 */
export function isGenerated(path: string, text: string): boolean {
  const lower = path.toLowerCase();
  const head = text.slice(0, HEAD);
  if (/\.(?:java|kt)$/.test(lower) && ANNOTATED.test(head)) return true;
  if (/\.x?html?$/.test(lower) && PAGE_MAKER.test(head)) return true;
  if (!/generat|edit|modif|change|touch|produced|made|created|translated|managed/i.test(head)) return false;
  const name = lower.slice(lower.lastIndexOf('/') + 1);
  if (TEMPLATE_NAME.test(name)) return false;
  const lines = leadingComment(lower, head);
  const said = statements(lines).filter(({ text }) => !isOfTemplate(name, text));
  if (!says(lines, said, PATTERNS.test(lower))) return false;
  return !CONTROL.test(head) && !(TEMPLATE_FOLDER.test(lower) && VALUE.test(head));
}

/** `a.conf.in` says what its result will say; Automake and its like write such files themselves. */
function isOfTemplate(name: string, statement: string): boolean {
  const said = statement.toLowerCase();
  if (said.includes(`from ${name}`)) return true;
  return name.endsWith('.in') && !/\bauto(?:make|header|conf)\b|\baclocal\b/.test(said);
}

function says(lines: readonly CommentLine[], said: readonly Statement[], isList: boolean): boolean {
  const together = lines.map(({ text }) => text).join(' ');
  const handsOff = HANDS_OFF.test(together) || LOST.test(together);
  const plain = said.filter(({ own }) => !VALUE.test(own));
  if (isList && !handsOff) return false;
  return plain.some(({ text, startsLine }) => {
    if (MARKS.some((mark) => mark.test(text)) || BY_MAKER.test(text)) return true;
    if (handsOff && ORIGINS.some((origin) => origin.test(text))) return true;
    if (!startsLine) return false;
    return SHOUTED.test(text) || (SHOUTED_WITH_REASON.test(text) && MADE_AT_ALL.test(text));
  });
}

interface Statement {
  /** From its first word on, up to three lines. */
  readonly text: string;
  /** Of that, what stands in its first line. */
  readonly own: string;
  readonly startsLine: boolean;
}

/** Where a sentence may begin: at a line that does not go on with the one above, and behind the end of a sentence. */
function statements(lines: readonly CommentLine[]): Statement[] {
  return lines.flatMap(({ text, first }, at) => {
    const above = lines[at - 1]?.text ?? '';
    // What a colon announces is an example of what somebody else writes.
    if (/\w{2,} .*:$/.test(above)) return [];
    const next = lines.slice(at + 1, at + 3);
    const stop = next.findIndex((line) => line.first);
    const rest = (stop < 0 ? next : next.slice(0, stop)).map((line) => line.text);
    const full = /^[a-z]/.test(text) ? 40 : 60;
    const goesOn = !first && above.length >= full && !/[.!?:;>*)"'}\]-]$/.test(above);
    const starts = [...text.matchAll(/(?:[.!?;:—–|]|\s--?)\s+(?=\S)/g)].map((match) => match.index + match[0].length);
    return [...(goesOn ? [] : [0]), ...starts].map((from) => {
      const own = text.slice(from);
      return { text: [own, ...rest].join(' '), own, startsLine: from === 0 };
    });
  });
}
