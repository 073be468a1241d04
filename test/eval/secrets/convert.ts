/**
 * node test/eval/secrets/convert.ts GITLEAKS_TOML VERSION > src/workspace/secrets/rules.json
 *
 * Takes the token formats of gitleaks (MIT licence, see NOTICE) over as data: rules whose pattern begins with a literal
 * that few other texts hold. Rules that need a vendor's name nearby are left to the assignment rule, which knows no
 * vendors.
 */
import { readFileSync } from 'node:fs';

/** Too broad alone, or done better by own rules. */
const LEFT_OUT = new Set(
  (
    'generic-api-key private-key curl-auth-header curl-auth-user kubernetes-secret-yaml pkcs12-file nuget-config-password ' +
    'freemius-secret-key sidekiq-sensitive-url facebook-access-token sourcegraph-access-token vault-service-token jwt-base64 ' +
    'harness-api-key flutterwave-public-key hashicorp-tf-api-token maxmind-license-key azure-ad-client-secret ' +
    'authress-service-client-access-key openai-api-key slack-webhook-url microsoft-teams-webhook gitlab-session-cookie ' +
    'easypost-test-api-token intra42-client-secret twilio-api-key cloudflare-origin-ca-key aws-amazon-bedrock-api-key-short-lived'
  ).split(' '),
);
const CONTEXT = '[\\w.-]{0,50}?';
/** What gitleaks wants after a token; a comma or a bracket ends one too. */
const AFTER = '(?:[\\x60\'"\\s;]|\\\\[nr]|$)';

interface Rule {
  readonly id: string;
  readonly pattern: string;
  readonly isCaseless: boolean;
  readonly entropy: number;
}

/** RE2 to JavaScript: inline flags hold for the whole pattern, and what has no upper bound gets one. */
function converted(source: string): Pick<Rule, 'pattern' | 'isCaseless'> {
  const pattern = source
    .replaceAll(AFTER, '(?![A-Za-z0-9])')
    .replace('(?:[\\x60\'"\\s;]|\\\\[nr]|$|\\b)', '(?![A-Za-z0-9])')
    .replace(/\(\?:\[\^([^\]]*)\]\|\\z\)/g, '(?![$1])')
    .replaceAll('[:alnum:]', 'A-Za-z0-9')
    .replace(/\(\?-?i\)/g, '')
    .replace(/\(\?-?i:/g, '(?:')
    .replace(/^\\b/, '')
    .replace(/\{(\d+),\}/g, (_, least: string) => `{${least},${Number(least) + 400}}`)
    .replace(/(\]|\\d)\+/g, '$1{1,400}')
    .replace(/(\])\*/g, '$1{0,400}');
  return { pattern, isCaseless: /\(\?i[:)]/.test(source) };
}

const NAMES: Readonly<Record<string, string>> = Object.fromEntries(
  (
    '1Password AWS CircleCI ClickHouse DigitalOcean EasyPost Fly.io Frame.io GitHub GitLab HuggingFace JWT MaxMind npm OpenShift ' +
    'PlanetScale PyPI README RubyGems SendGrid SendinBlue SettleMint GCP'
  )
    .split(' ')
    .map((name) => [name.toLowerCase().replace('.', ''), name]),
);

/** What a person reads: whose it is, and whether it is a token, a key or a password. */
function titleOf(id: string): string {
  const [vendor = '', ...rest] = id.split('-');
  const name = NAMES[vendor] ?? vendor.charAt(0).toUpperCase() + vendor.slice(1);
  if (id === 'aws-access-token') return 'AWS access key';
  if (id === 'jwt') return 'JSON web token';
  const kind = /password|secret(?!-key)|key(?!-id)/.exec(rest.join('-'))?.[0] ?? 'token';
  return `${name} ${kind}`;
}

/** One rule for each literal that its pattern can begin with, so that each hit of a literal tries few patterns. */
function withPrefixes({ id, pattern, isCaseless, entropy }: Rule) {
  const bare = pattern.replace(/^\(+(?:\?:)?\(?/, '');
  const named: Record<string, readonly string[]> = {
    'aws-access-token': ['AKIA', 'ASIA', 'ABIA', 'ACCA', 'A3T'],
    'flyio-access-token': ['fo1_', 'fm1a_', 'fm1r_', 'fm2_'],
    'github-app-token': ['ghu_', 'ghs_'],
    'slack-legacy-token': ['xoxo-', 'xoxs-'],
    'slack-legacy-workspace-token': ['xoxa-', 'xoxr-'],
    'slack-user-token': ['xoxp-', 'xoxe-'],
    'square-access-token': ['EAAA', 'sq0atp-'],
    'stripe-access-token': ['sk_test_', 'sk_live_', 'sk_prod_', 'rk_test_', 'rk_live_', 'rk_prod_'],
    'facebook-page-access-token': ['EAAM', 'EAAC'],
    'shippo-api-token': ['shippo_live_', 'shippo_test_'],
    'duffel-api-token': ['duffel_test_', 'duffel_live_'],
    'slack-config-access-token': ['xoxe.xoxb-', 'xoxe.xoxp-'],
  };
  const literal = /^(?:[A-Za-z0-9_~-]|\\[.-]|\.(?=xox))+(?![{?*+])/.exec(bare)?.[0].replaceAll('\\', '') ?? '';
  const prefixes = named[id] ?? [literal];
  if (prefixes.some((prefix) => prefix.length < 3 && id !== 'jwt'))
    throw new Error(`${id}: no literal begins ${pattern}`);
  const known = id === 'jwt' ? ['eyJ'] : prefixes;
  return known.map((prefix) => ({
    title: titleOf(id),
    prefix,
    pattern,
    ...(isCaseless ? { caseless: true } : {}),
    ...(entropy > 0 ? { entropy } : {}),
  }));
}

const [file = '', version = ''] = process.argv.slice(2);
const rules = readFileSync(file, 'utf8')
  .split('[[rules]]')
  .slice(1)
  .flatMap((block) => {
    const id = /^id = "(.*)"$/m.exec(block)?.[1] ?? '';
    const source = /^regex = '''(.*)'''$/m.exec(block)?.[1];
    if (source === undefined || LEFT_OUT.has(id)) return [];
    if (source.includes(CONTEXT) && id !== 'atlassian-api-token') return [];
    const entropy = Number(/^entropy = (.*)$/m.exec(block)?.[1] ?? 0);
    return [
      { id, ...converted(id === 'atlassian-api-token' ? source.slice(source.indexOf('\\b(ATATT3')) : source), entropy },
    ];
  });
const entries = rules.flatMap(withPrefixes).map((rule) => `  ${JSON.stringify(rule)}`);
process.stdout.write(`{\n"source": "gitleaks ${version}",\n"rules": [\n${entries.join(',\n')}\n]\n}\n`);
