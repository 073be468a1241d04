import type { Syntax } from './assignment.ts';
import type { Level } from './name.ts';
import type { SecretPlace } from './place.ts';
import { isPlaceholder } from './value.ts';

/** Containers of keys that are no text: their format is enough. */
const CONTAINER = /\.(?:p12|pfx|pkcs12|jks|bcfks|keystore|kdbx?|mobileprovision)$/;

/**
 * Whether a file is a locked box of keys by its format, so that it need not be opened. `name` in lower case, without
 * folders.
 */
export function isSecretContainer(name: string): boolean {
  return CONTAINER.test(name);
}

const EXAMPLE =
  /(?:^|[._-])(?:examples?|sample|template|tmpl|tpl|dist|defaults?|schema|spec|dummy|mock)(?:[._-]|$)|\.(?:j2|jinja2?|erb|liquid|mustache|hbs|gotmpl)$/;
const EXAMPLE_FOLDER =
  /(?:^|\/)(?:locales?|i18n|l10n|lang|langs|languages?|translations?|intl|nls|messages|examples?|samples?|docs?|documentation)\//;
const CODE =
  /\.(?:[cm]?[jt]sx?|py|pyi|go|rs|java|kts?|scala|groovy|rb|php|cs|fs|vb|swift|mm?|c|cc|cpp|cxx|hh?|hpp|ino|exs?|erl|hrl|hs|ml|clj|dart|lua|pl|pm|r|jl|zig|vue|svelte|astro|sql|graphql|proto|s?css|less|html?|ipynb|sol)$/;
const SHELL =
  /\.(?:sh|bash|zsh|fish|ps1|bat|cmd|mk|dockerfile)$|(?:^|\/)(?:dockerfile|makefile|justfile|procfile|jenkinsfile|\.(?:bash|zsh))[^/]*$/;
const DOCUMENT =
  /\.(?:md|mdx|markdown|rst|txt|adoc|asciidoc|org|tex|textile|log|out|csv|tsv|jsonl|snap|diff|patch|po|http|rest)$|(?:^|\/)(?:readme|changelog|license|notice|authors)[^/]*$/;
const DATA =
  /\.(?:ya?ml|json[5c]?|toml|ini|cfg|cnf|conf|config|properties|xml|plist|env|vars|tfvars|hcl|tf|xcconfig|desktop|service|ovpn|key|pem|secrets?|token|credentials?|password|passwd|auth|txt)$|(?:^|\/)[^./]+$|(?:^|\/)\.[\w.-]+$/;

/** Names that hold secrets by custom: a literal in them is meant as one. */
const HOLDER_NAMES = new Set(
  (
    '.netrc _netrc .pgpass pgpass.conf .git-credentials .htpasswd htpasswd .dockercfg .pypirc .vault-token .s3cfg .boto .my.cnf .mylogin.cnf ' +
    '.npmrc .yarnrc .yarnrc.yml credentials kubeconfig auth.json master.key wp-config.php local.settings.json .dev.vars .envrc .passwd ' +
    'keystore.properties key.properties signing.properties local.properties .gem-credentials .fly .cfg.json rclone.conf .msmtprc ' +
    '.esmtprc .mailrc .wgetrc .curlrc .pgsql .ftpconfig sftp-config.json sftp.json .remote-sync.json .tugboat .databrickscfg .snowsql ' +
    'database.yml mongoid.yml newrelic.yml hub hosts.yml proftpdpasswd shadow robomongo.json filezilla.xml sitemanager.xml settings-security.xml'
  ).split(' '),
);
const HOLDER =
  /(?:^|[._-])(?:secrets?|credentials?|creds|passwords?|passwd|tokens?|api[_-]?keys?|private[_-]?keys?|service[_-]?account(?:[_-]?keys?)?|client[_-]?secrets?|keys?)(?:[._-]|$)|(?:^|[._-])env(?:rc)?(?:[._-]|$)|\.(?:tfvars|tfvars\.json|vars|auto\.tfvars)$|^appsettings\.[\w-]+\.json$|^application-(?:prod|production|secret|secrets|live|staging)[\w-]*\.(?:ya?ml|properties)$|^vault[\w-]*\.ya?ml$/;
const HOLDER_PATH =
  /(?:^|\/)\.(?:docker\/config\.json|kube\/config|aws\/(?:credentials|config)|ssh\/[^/]+|gnupg\/.+|m2\/settings\.xml|azure\/.+|config\/gcloud\/.+|gem\/credentials|bundle\/config|cargo\/credentials(?:\.toml)?|composer\/auth\.json|codex\/auth\.json|ngrok2?\/.+\.yml)$/;

export interface Reading {
  readonly level: Level;
  readonly syntax: Syntax;
}

/** How a file of this path is to be read: what its values are taken for, and how they stand in it. */
export function readingOf(path: string, text: string): Reading {
  const lower = path.toLowerCase();
  const name = lower.slice(lower.lastIndexOf('/') + 1);
  const isExample = EXAMPLE.test(name) || EXAMPLE_FOLDER.test(lower);
  const isNamed = HOLDER_NAMES.has(name) || HOLDER_PATH.test(lower) || HOLDER.test(name);
  if (name === 'wp-config.php') return { level: isExample ? 'source' : 'holder', syntax: 'quoted' };
  if (SHELL.test(lower) || text.startsWith('#!')) return { level: 'source', syntax: 'word' };
  if (CODE.test(name))
    return {
      level: isNamed && !isExample && /secret|credential/.test(name) ? 'configuration' : 'source',
      syntax: 'quoted',
    };
  const isText = DOCUMENT.test(lower);
  if (isNamed && !isExample && (!isText || name.endsWith('.txt')) && !/\.(?:pub|enc|gpg|asc|age|sops)$/.test(name)) {
    return { level: 'holder', syntax: syntaxOf(name) };
  }
  if (isText) return { level: 'source', syntax: 'word' };
  const isTest = /(?:^|\/)(?:tests?|__tests__|spec|fixtures?|testdata|mocks?|__mocks__)\//.test(lower);
  return { level: !isExample && !isTest && DATA.test(lower) ? 'configuration' : 'source', syntax: syntaxOf(name) };
}

function syntaxOf(name: string): Syntax {
  return /\.(?:json[5c]?|xml|plist|tf|hcl)$/.test(name) ? 'quoted' : 'line';
}

type Format = (path: string, name: string, text: string) => readonly SecretPlace[];

/**
 * Secrets that only the format of a file tells: a field without a name, a file that is one value. Patterns are tied to
 * a line's start or to a bounded stretch, so each costs one pass.
 */
const FORMATS: readonly Format[] = [
  // The whole file is the value: Rails' master key, Vault's token, `api_token.txt`.
  (_, name, text) => {
    const value = text.trim();
    const isOne =
      /^(?:[\w.-]*\.key|\.vault-token|[\w.-]*(?:token|password|passwd|secret|api[_-]?key)s?(?:\.txt|\.key)?)$/.test(
        name,
      );
    if (!isOne || value.length < 6 || value.length > 500 || /[\s{}<>"']/.test(value) || isPlaceholder(value)) return [];
    return [{ start: text.indexOf(value), end: text.indexOf(value) + value.length, rule: 'credential' }];
  },
  (_, name, text) =>
    /htpasswd|^\.?passwd$|^shadow$/.test(name)
      ? all(text, /^[^:\s#]{1,100}:((?:\$(?:apr1|2[abxy]|1|5|6|y)\$|\{SHA\})?[^:\s]{8,200})/gm, 'password hash')
      : [],
  (_, name, text) =>
    /pgpass/.test(name)
      ? all(text, /^[^#:\n]{1,200}:[^:\n]{1,20}:[^:\n]{1,100}:[^:\n]{1,100}:([^\n]{1,200})/gm, 'password')
      : [],
  (_, name, text) => (/netrc|authinfo/.test(name) ? all(text, /\bpassword[ \t\n]{1,8}(\S{1,500})/g, 'password') : []),
  // Composer's tokens stand beside hosts, Docker's beside registries.
  (_, name, text) =>
    name === 'auth.json'
      ? all(
          text,
          /"(?:[\w-]{1,40}-oauth|gitlab-token|bearer|github-token)"\s{0,20}:\s{0,20}\{\s{0,20}"[^"]{1,200}"\s{0,20}:\s{0,20}"([^"]{6,500})"/g,
          'token',
        )
      : [],
  (path, name, text) =>
    /dockercfg|dockerconfig/.test(name) ||
    path.endsWith('.docker/config.json') ||
    /"auths"\s{0,20}:/.test(text.slice(0, 2000))
      ? all(text, /"auth"\s{0,20}:\s{0,20}"([A-Za-z0-9+/=]{8,2000})"/g, 'registry credential')
      : [],
  // JSON web keys with their private part.
  (_, __, text) =>
    /"kty"\s{0,8}:\s{0,8}"(?:RSA|EC|OKP|oct)"/.test(text)
      ? all(text, /"(?:d|p|q|dp|dq|qi|k)"\s{0,8}:\s{0,8}"([\w-]{16,2000})"/g, 'private key')
      : [],
  // NuGet and .NET: `<add key="ClearTextPassword" value="…" />`
  (_, __, text) =>
    all(
      text,
      /\bkey="[\w.:-]{0,60}(?:password|secret|token|apikey|accountkey)"\s{1,20}value="([^"]{4,500})"/gi,
      'password',
    ),
  (_, __, text) => (text.includes('(d #') ? all(text, /\(d #([0-9A-F]{32,4000})#\)/gi, 'private key') : []),
  (_, __, text) => all(text, /^untrusted comment: [^\n]{0,100}secret key\r?\n(\S{40,300})/gm, 'private key'),
  (_, name, text) =>
    name.endsWith('.sql')
      ? all(text, /\b(?:identified by|password)\s{1,4}'(?=[^'\n]{0,60}\d)([^'\n]{6,200})'/gi, 'password')
      : [],
  (_, name, text) =>
    name.endsWith('.tf')
      ? all(
          text,
          /\bvariable\s{1,4}"\w{0,60}(?:password|secret|token|_key)"\s{0,4}\{[^{}]{0,400}?\bdefault\s{0,8}=\s{0,4}"([^"\n]{6,500})"/g,
          'credential',
        )
      : [],
  // Rails and Laravel name a base64 key so.
  (_, __, text) => all(text, /^APP_KEY=(base64:[A-Za-z0-9+/=]{32,100})/gm, 'key'),
  kubernetesSecrets,
  (_, name, text) =>
    /\.tfstate(?:\.backup)?$/.test(name) || /"terraform_version"[^]{0,300}"lineage"/.test(text.slice(0, 1000))
      ? all(
          text,
          /"(?:\w*(?:password|secret|token|private_key|access_key|connection_string)\w*)"\s{0,8}:\s{0,8}"([^"\n]{4,4096})"/g,
          'credential',
        )
      : [],
];

export function formatSecrets(path: string, text: string): readonly SecretPlace[] {
  const lower = path.toLowerCase();
  const name = lower.slice(lower.lastIndexOf('/') + 1);
  return FORMATS.flatMap((format) => format(lower, name, text));
}

/** Literal values of `data` and `stringData` in a manifest of kind Secret, in whatever file it stands. */
function kubernetesSecrets(_: string, __: string, text: string): readonly SecretPlace[] {
  if (!/^[ \t]{0,8}kind:[ \t]{0,8}["']?Secret\b/m.test(text)) return [];
  const places: SecretPlace[] = [];
  let at = 0;
  let isSecret = false;
  let indent = -1;
  let blockIndent = -1;
  for (const line of text.split('\n')) {
    const own = line.length - line.trimStart().length;
    if (line.startsWith('---')) [isSecret, indent, blockIndent] = [isSecretDocument(text, at + line.length), -1, -1];
    else if (at === 0) isSecret = isSecretDocument(text, 0);
    if (isSecret && line.trim() !== '') {
      if (own <= indent) indent = -1;
      if (own <= blockIndent) blockIndent = -1;
      const pair = /^\s*["']?[\w./-]{1,200}["']?:([^\r\n]*)/.exec(line.slice(0, 8192));
      const value = (pair?.[1] ?? '').trim().replace(/^["']|["']$/g, '');
      if (blockIndent >= 0) places.push(...valuePlace(line.trim(), at + own));
      else if (/^\s*(?:data|stringData):\s*$/.test(line)) indent = own;
      else if (indent >= 0 && pair && /^[|>][-+]?$/.test(value)) blockIndent = own;
      else if (indent >= 0 && pair && value !== '')
        places.push(...valuePlace(value, at + line.indexOf(value, own + 1)));
    }
    at += line.length + 1;
  }
  return places;
}

function isSecretDocument(text: string, from: number): boolean {
  const end = text.indexOf('\n---', from);
  return /^[ \t]{0,8}kind:[ \t]{0,8}["']?Secret\b/m.test(text.slice(from, end < 0 ? undefined : end));
}

function valuePlace(value: string, start: number): readonly SecretPlace[] {
  // A manifest's data are base64: the words that say "put yours here" are looked for inside too.
  const decoded = /^[A-Za-z0-9+/]{4,}={0,2}$/.test(value) ? Buffer.from(value, 'base64').toString('latin1') : value;
  if (isPlaceholder(value) || isPlaceholder(decoded)) return [];
  return [{ start, end: start + value.length, rule: 'Kubernetes secret' }];
}

function all(text: string, pattern: RegExp, rule: string): readonly SecretPlace[] {
  return [...text.matchAll(pattern)].flatMap((found) => {
    const [whole, value = ''] = found;
    if (value === '' || isPlaceholder(value)) return [];
    const start = found.index + whole.lastIndexOf(value);
    return [{ start, end: start + value.length, rule }];
  });
}

/** Formats that are made of credentials alone: one secret in them makes the whole file one. */
export function isMadeOfSecrets(text: string): boolean {
  if (/"type"\s{0,8}:\s{0,8}"(?:service_account|authorized_user|external_account)"/.test(text)) return true;
  if (/^[ \t]{0,8}["']?kind["']?:[ \t]{0,8}["']?Config\b/m.test(text) && /["']?users["']?:/.test(text)) return true;
  if (/"terraform_version"[^]{0,300}"lineage"/.test(text.slice(0, 1000))) return true;
  if (/"auths"\s{0,20}:\s{0,20}\{/.test(text)) return true;
  return (
    /^[ \t]{0,8}kind:[ \t]{0,8}["']?Secret\b/m.test(text) &&
    !/^[ \t]{0,8}kind:[ \t]{0,8}["']?(?!Secret\b)[A-Z]/m.test(text)
  );
}
