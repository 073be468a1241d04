import type { NamedFile } from './named-file.ts';
import type { LineRange } from './named-lines.ts';

/**
 * Questions that are asked of every project, and the files that are there to answer them: what it is about, how it is
 * run, how it is tested, what it depends on. Their words stand everywhere and nowhere, so the words of a file cannot
 * tell that it is the README.
 */
export type QuestionKind = 'overview' | 'run' | 'test' | 'dependencies';

/** A question with more characters asks for something else as well. */
const LONGEST = 120;

/** What an English question calls the project. */
const EN =
  '(?:(?:this|the|our|your|my|that)\\s)?(?:(?:whole|entire|current)\\s)?(?:project|repo|repository|codebase|code base|code|app|application|package|library|program|software|workspace|folder|tool|service|product|site|website|server)(?:\\sfolder|\\srepo|\\srepository|\\shere)?';
const EN_IT = `(?:${EN}|this|it|NAME)`;
const EN_POLITE =
  '(?:(?:hi|hello|hey|ok|okay|please|can you|could you|would you|i want|i need|give me|show me|tell me|me|us|to|so|quickly|briefly)\\s){0,3}';
const EN_TAIL =
  '(?:\\s(?:please|exactly|overall|in general|in short|briefly|to me|for me|actually|really|here|all|locally|myself|first|for the first time|from (?:source|scratch)|(?:on|in|under|with|for|using) (?:my |the |a )?\\w+(?: \\w+)?)){0,3}';
const EN_RUN =
  '(?:run|start|launch|build|compile|install|set up|setup|use|try(?: out)?|deploy|develop|get started(?: with)?|execute|bootstrap|spin up|work on|get)';

const DE =
  '(?:(?:dies(?:es|e|er|em|en)?|das|die|der|dem|den|des|unser(?:e|em|es)?|hier|im|vom|beim)\\s){0,4}(?:ganzen?\\s)?(?:projekte?s?|repos?|repository|codebasis|codebase|code|app|anwendung|programme?s?|pakete?s?|bibliothek|software|werkzeuge?s?|tools?|ordners?|arbeitsbereichs?|servers?|NAME)';
const DE_TAIL =
  '(?:\\s(?:bitte|eigentlich|genau|kurz|hier|denn|überhaupt|lokal|zusammen|da|gut|auf \\w+(?: \\w+)?|unter \\w+|mit \\w+)){0,3}';
const DE_RUN =
  '(?:ausführ|start|bau|install|kompilier|benutz|verwend|nutz|einricht|aufsetz|setz|richt|laufen|lauf|führ|lass|gestartet|gebaut|ausgeführt|bekomm|bring)\\p{L}*';

const PROJECT_WORD =
  '(?:pro[jy]e[ct]*to?|projet|progetto|dépôt|repositor\\p{L}*|repositório|code|código|codice|aplica\\p{L}+|application|app|проект\\p{L}*|репозитори\\p{L}*|项目|項目|代码库|代碼庫|仓库|工程|プロジェクト|リポジトリ|コードベース|프로젝트|저장소|NAME)';

const FORMS: Readonly<Record<QuestionKind, readonly string[]>> = {
  test: [
    `${EN_POLITE}how (?:do|can|should|would|to|does|must)?\\s?(?:i|we|you|one)?\\s?(?:best )?(?:run|execute|start|launch)\\s(?:all |of |the |your |our |its |this |project s |unit |integration |e2e |whole ){0,4}(?:tests?|test ?suite|specs)${EN_TAIL}`,
    `${EN_POLITE}how (?:do|can|should|to)\\s?(?:i|we|you|one)?\\s?test\\s${EN_IT}${EN_TAIL}`,
    `how (?:is|are|does) (?:${EN_IT}|the tests?|(?:the )?unit tests?)\\s(?:tested|run|executed|started|launched)${EN_TAIL}`,
    `(?:which|what) (?:command|script)s?\\s(?:do i use to |is used to |to )?(?:runs?|starts?|executes?)\\s(?:all )?(?:the )?(?:unit )?tests?${EN_TAIL}`,
    `(?:running|run)(?: all| the){0,4} tests?`,
    `wie (?:kann|soll|muss|führe|führt|starte|startet|werden|laufen|lasse|lässt)\\s(?:man |ich |wir |sich ){0,4}(?:hier )?(?:alle |die |unsere ){0,4}(?:unit|modul|integrations)?-?tests?(?:suite)?(?: ${DE_RUN}| aus| durch){0,4}${DE_TAIL}`,
    `(?:comment|cómo|como|come|как|как мне)\\s.{0,30}(?:test|prueba|prova|teste|тест)\\p{L}*.{0,20}`,
    `.{0,20}(?:如何|怎么|怎样).{0,8}(?:运行|執行|跑|执行).{0,6}测试.{0,6}`,
    `.{0,20}テスト.{0,8}(?:実行|走ら).{0,16}`,
    `.{0,20}테스트.{0,8}(?:실행|돌리|돌려).{0,16}`,
  ],
  overview: [
    `${EN_POLITE}what(?: ?s| is| does| can| do)?\\s${EN_IT}(?:\\s(?:all|about|do|does|for|good for|used for|supposed to do|doing|is|can)){0,4}${EN_TAIL}`,
    `${EN_POLITE}(?:what ${EN} (?:is|does)|what (?:kind|sort|type) of ${EN} (?:is|are) (?:this|it)|what am i looking at|who is ${EN_IT} for|why does ${EN} exist|what problems? (?:does|do) ${EN_IT} solve)${EN_TAIL}`,
    `${EN_POLITE}(?:what is )?(?:a |an |the |short |brief |quick |high level |general ){0,4}(?:overview|summary|description|introduction|explanation|purpose|goal|aim|point|gist|idea)(?:\\s(?:of|about|for|to|behind)\\s${EN_IT})?${EN_TAIL}`,
    `${EN_POLITE}(?:explain|describe|summari[sz]e|introduce|present|outline|about)\\s(?:me |us )?(?:what )?${EN_IT}(?:\\s(?:does|is|do|about|for)){0,4}${EN_TAIL}`,
    `${EN_POLITE}how does ${EN} work${EN_TAIL}`,
    `(?:bitte )?worum (?:geht|gehts|handelt)(?:\\s(?:es|sich|hier|bei|in|um|das)){0,4}(?:\\s${DE})?${DE_TAIL}`,
    `(?:sag mir )?(?:was|wozu|wofür) (?:ist|macht|tut|kann|leistet|dient|soll)\\s(?:${DE}|das|dies)${DE_TAIL}`,
    `(?:bitte )?(?:erklär|beschreib|fass)\\p{L}*(?:\\s(?:mir|uns|bitte|kurz|mal)){0,4}\\s${DE}${DE_TAIL}`,
    `(?:bitte )?(?:gib|gebe|zeig|zeige)?(?:\\s?(?:mir|uns|bitte)){0,4}\\s?(?:einen?|der|den|die|was ist der)?\\s?(?:kurzen?\\s)?(?:überblick|übersicht|zusammenfassung|beschreibung|zweck|sinn)(?:\\s(?:über|von|zu|für))?\\s${DE}${DE_TAIL}`,
    `.{0,16}(?:de quoi (?:parle|s agit)|à quoi sert|que fait|qu est ce que|résume|explique|présente|de qué (?:trata|va)|qué (?:hace|es)|para qué sirve|resume|explica|describe|do que (?:se )?trata|sobre o que é|o que (?:faz|é)|para que serve|di cosa (?:parla|tratta|si tratta)|cosa fa|che cos è|a cosa serve|spiega|riassumi|о ч[её]м|что (?:делает|такое|это)|для чего|расскажи|опиши|зачем)\\s.{0,16}${PROJECT_WORD}.{0,12}`,
    `.{0,12}${PROJECT_WORD}.{0,10}(?:是什么|是做什么|是干什么|做什么|干什么|什么用|什麼|概述|简介|介绍|总结|作用|目的|について|とは|何をする|何ですか|概要|説明|要約|무엇|뭐|뭘|무슨|설명|요약|개요|소개).{0,12}`,
    `.{0,8}(?:介绍|概述|总结|解释|说明|这是什么|简述).{0,8}${PROJECT_WORD}.{0,6}`,
  ],
  run: [
    `${EN_POLITE}how (?:do|can|should|would|to|does|must)?\\s?(?:i|we|you|one)?\\s?(?:best )?${EN_RUN}(?: (?:and|or|and then) ${EN_RUN}){0,4}(?:\\s(?:${EN_IT}|up|running|going)){0,4}${EN_TAIL}`,
    `how (?:is|are) ${EN_IT} (?:run|started|launched|built|compiled|installed|set up|used|deployed)${EN_TAIL}`,
    `(?:which|what) commands?\\s(?:do i use to |is used to |to )?(?:runs?|starts?|builds?|installs?|launches) ${EN_IT}${EN_TAIL}`,
    `what do (?:i|we|you) need (?:to|in order to|for) (?:${EN_RUN}|running|building|installing)(?: ${EN_IT})?${EN_TAIL}`,
    `(?:what are the |the )?(?:getting started|quick ?start|installation|build|setup|install)(?: instructions?| guide| steps?)?${EN_TAIL}`,
    `wie (?:kann|soll|muss|wird|lässt|läuft|${DE_RUN})\\s(?:man |ich |wir |sich ){0,4}(?:${DE}|es|das)(?: (?:${DE_RUN}|aus|ein|auf|zum|wird|werden|lokal|hier|bei mir|am besten|selbst)){0,4}${DE_TAIL}`,
    `(?:comment|cómo|como|come|как)\\s.{0,16}(?:install|instal|lanc|exécut|démarr|compil|utilis|ejecut|inici|arranc|constru|usar|usa|execut|rodar|rodo|avvi|esegu|запус|собра|установ|использ)\\p{L}*.{0,14}(?:${PROJECT_WORD}|ça|lo|isso|lo|его).{0,8}`,
    `.{0,12}(?:如何|怎么|怎样).{0,6}(?:运行|启动|安装|构建|编译|使用|部署|跑).{0,6}(?:${PROJECT_WORD}|它|这个|$).{0,6}`,
    `.{0,12}${PROJECT_WORD}.{0,6}(?:如何|怎么|怎样).{0,6}(?:运行|启动|安装|构建|编译|使用|部署|跑).{0,6}`,
    `.{0,12}${PROJECT_WORD}.{0,8}(?:実行|起動|インストール|ビルド|使い方|使う|動か|실행|설치|빌드|시작|사용).{0,16}`,
  ],
  dependencies: [
    `(?:which|what) versions? of .{1,40}\\s(?:do|does|is|are|should)\\s.{0,30}`,
    `(?:which|what) .{1,24} versions?\\s(?:do|does|is|are|should)\\s.{0,30}(?:need|use|require|depend|support|target)\\p{L}*.{0,12}`,
    `(?:which|what)\\s(?:are )?(?:the |its |our )?(?:\\p{L}+ )?(?:dependenc(?:y|ies)|packages|libraries|frameworks)\\s.{0,40}(?:use|need|require|depend|install|have|of)\\p{L}*.{0,24}`,
    `(?:what are |list )?(?:all )?(?:the |its |our )?dependencies(?: of ${EN_IT})?${EN_TAIL}`,
    `what (?:do|does) (?:${EN_IT}|we) depend on${EN_TAIL}`,
    `(?:do|does) (?:${EN_IT}|we) (?:depend on|require) .{1,40}`,
    `welche (?:version\\p{L}* von .{1,40}|.{1,24}-?version\\p{L}*|abhängigkeiten|pakete|bibliotheken|frameworks)\\s.{0,40}`,
    `wovon hängt ${DE} ab${DE_TAIL}`,
  ],
};

export const MANIFEST =
  /^(?:package\.json|deno\.jsonc?|jsr\.json|pyproject\.toml|setup\.(?:py|cfg)|requirements[\w.-]*\.(?:txt|in)|pipfile|environment\.ya?ml|cargo\.toml|go\.mod|pom\.xml|build\.gradle(?:\.kts)?|libs\.versions\.toml|build\.sbt|composer\.json|gemfile|.+\.gemspec|.+\.(?:cs|fs|vb)proj|directory\.packages\.props|packages\.config|mix\.exs|rebar\.config|package\.swift|podfile|pubspec\.ya?ml|cmakelists\.txt|meson\.build|conanfile\.(?:py|txt)|vcpkg\.json|project\.clj|deps\.edn|stack\.yaml|.+\.cabal|dune-project|description|project\.toml|build\.zig(?:\.zon)?|shard\.yml|flake\.nix)$/i;
export const README = /^readme(?:\.(?:md|mdx|markdown|rst|txt|adoc|asciidoc|org|html?))?$/i;
/** In another language, most often: README.de.md, README_zh.md. */
const OTHER_README = /^readme[._-][a-z]{2,3}(?:[-_][a-z]{2,4})?(?:\.\w+)?$/i;
const HOW_TO_RUN =
  /^(?:makefile|gnumakefile|justfile|taskfile\.ya?ml|install|building|procfile|dockerfile|(?:docker-)?compose\.ya?ml)(?:\.(?:md|rst|txt))?$/i;
const CONTRIBUTING = /^(?:contributing|development|hacking|testing)(?:\.\w+)?$/i;
const TEST_SETUP =
  /^(?:(?:vitest|jest|karma|playwright|cypress|ava|mocha|wdio)\.\w*\.?(?:config|conf|workspace)?\.?[cm]?[jt]sx?|\.mocharc\.\w+|pytest\.ini|tox\.ini|noxfile\.py|conftest\.py|phpunit[\w.]*\.xml(?:\.dist)?|\.rspec|makefile|justfile)$/i;

/** By kind, what a file at the root adds to its factor; the first pattern that fits counts. */
const LIFT: Readonly<Record<QuestionKind, readonly (readonly [RegExp, number])[]>> = {
  overview: [
    [README, 80],
    [OTHER_README, 15],
    [MANIFEST, 40],
  ],
  run: [
    [README, 60],
    [MANIFEST, 30],
    [OTHER_README, 10],
    [HOW_TO_RUN, 15],
    [CONTRIBUTING, 10],
  ],
  test: [
    [MANIFEST, 400],
    [CONTRIBUTING, 60],
    [README, 15],
    [TEST_SETUP, 15],
  ],
  dependencies: [[MANIFEST, 20]],
};
/** Of a manifest below the root, which is of one part of the project. */
const NESTED = 0.4;

/** Which of these questions it is, if any. `project` is what the project is called, in small letters. */
export function kindOfQuestion(question: string, project: ReadonlySet<string>): QuestionKind | undefined {
  if (question.length > LONGEST) return undefined;
  const asked = question
    .normalize('NFC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\p{M}]+/gu, ' ')
    .trim();
  const names = [...project]
    .map((one) => one.replace(/[^\p{L}\p{N}\p{M}]+/gu, ' ').trim())
    .filter((one) => one.length > 2);
  const called = names.length > 0 ? `(?:${names.join('|')})` : '(?!)';
  const kinds: readonly QuestionKind[] = ['test', 'run', 'overview', 'dependencies'];
  return kinds.find((kind) =>
    FORMS[kind].some((form) => new RegExp(`^(?:${form.replaceAll('NAME', called)})$`, 'u').test(asked)),
  );
}

/** What a text about the project begins with. */
const HEAD: readonly LineRange[] = [{ start: 1, end: 20 }];

/**
 * The files that are there to answer a question of a kind, what that adds to their factor, and the lines that say it.
 */
export function meantFiles(kind: QuestionKind | undefined, paths: Iterable<string>): Map<string, NamedFile> {
  const meant = new Map<string, NamedFile>();
  if (kind === undefined) return meant;
  const lines = kind === 'overview' ? HEAD : [];
  for (const path of paths) {
    const name = path.slice(path.lastIndexOf('/') + 1);
    const lift = LIFT[kind].find(([pattern]) => pattern.test(name));
    if (lift === undefined) continue;
    const [pattern, added] = lift;
    if (!path.includes('/')) meant.set(path, { added, lines });
    else if (pattern === MANIFEST && kind === 'dependencies') meant.set(path, { added: added * NESTED, lines });
  }
  return meant;
}
