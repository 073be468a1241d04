import type { Values } from './values.ts';

/** A file that holds secrets, and the pieces that must not be seen. */
export interface Holder {
  readonly name: string;
  readonly path: string;
  readonly text: string;
  readonly secrets: readonly string[];
}

type Format = readonly [name: string, make: (v: Values) => string];

const TOKENS: readonly Format[] = [
  ['GitHub personal', (v) => `ghp_${v.base62(36)}`],
  ['GitHub app', (v) => `ghs_${v.base62(36)}`],
  ['GitHub fine-grained', (v) => `github_pat_${v.base62(22)}_${v.base62(59)}`],
  ['GitHub cut', (v) => `ghp_${v.base62(14)}`],
  ['GitLab', (v) => `glpat-${v.base62(20)}`],
  ['AWS id', (v) => `AKIA${v.upper(16)}`],
  ['AWS session', (v) => `ASIA${v.upper(16)}`],
  ['Slack bot', (v) => `xoxb-${v.digits(12)}-${v.digits(12)}-${v.base62(24)}`],
  ['Slack user', (v) => `xoxp-${v.digits(12)}-${v.digits(12)}-${v.digits(12)}-${v.hex(32)}`],
  ['Slack app', (v) => `xapp-1-${v.upper(11)}-${v.digits(13)}-${v.hex(64)}`],
  ['Slack webhook', (v) => `https://hooks.slack.com/services/T${v.upper(8)}/B${v.upper(10)}/${v.base62(24)}`],
  ['Stripe live', (v) => `sk_live_${v.base62(24)}`],
  ['Stripe short', () => ['sk_live_', 'FAKE0000'].join('')],
  ['Stripe restricted', (v) => `rk_live_${v.base62(99)}`],
  ['Stripe webhook', (v) => `whsec_${v.base62(32)}`],
  ['Google key', (v) => `AIzaSy${v.base62(33)}`],
  ['Google secret', (v) => `GOCSPX-${v.base62(28)}`],
  ['Google access', (v) => `ya29.a0${v.base62(120)}`],
  ['OpenAI project', (v) => `sk-proj-${v.base62(74)}T3BlbkFJ${v.base62(74)}`],
  ['OpenAI old', (v) => `sk-${v.base62(20)}T3BlbkFJ${v.base62(20)}`],
  ['Anthropic', (v) => `sk-ant-api03-${v.base62(93)}AA`],
  ['HuggingFace', (v) => `hf_${v.of('abcdefghijkLMNOPQRSTuvwxyz', 34)}`],
  ['npm', (v) => `npm_${v.base62(36)}`],
  ['PyPI', (v) => `pypi-AgEIcHlwaS5vcmc${v.base62(120)}`],
  ['Docker', (v) => `dckr_pat_${v.base62(27)}`],
  ['DigitalOcean', (v) => `dop_v1_${v.hex(64)}`],
  ['SendGrid', (v) => `SG.${v.base62(22)}.${v.base62(43)}`],
  ['Shopify', (v) => `shpat_${v.hex(32)}`],
  ['Square', (v) => `sq0csp-${v.base62(43)}`],
  ['Vault', (v) => `hvs.${v.base62(95)}`],
  ['Databricks', (v) => `dapi${v.hex(32)}`],
  ['Grafana', (v) => `glsa_${v.base62(32)}_${v.hex(8)}`],
  ['Linear', (v) => `lin_api_${v.base62(40)}`],
  ['Postman', (v) => `PMAK-${v.hex(24)}-${v.hex(34)}`],
  ['New Relic', (v) => `NRAK-${v.upper(27)}`],
  ['JSON web token', (v) => v.jwt()],
  ['age', (v) => `AGE-SECRET-KEY-1${v.of('QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L', 58)}`],
  ['Discord webhook', (v) => `https://discord.com/api/webhooks/${v.digits(18)}/${v.base62(68)}`],
  ['Mailchimp style', (v) => `key-${v.hex(32)}`],
  ['Groq', (v) => `gsk_${v.base62(52)}`],
  ['Figma', (v) => `figd_${v.base62(40)}`],
  ['Tailscale', (v) => `tskey-auth-${v.base62(12)}-${v.base62(32)}`],
  ['Sentry', (v) => `sntryu_${v.hex(64)}`],
  ['crates.io', (v) => `cio${v.base62(32)}`],
];

/** Where a token is found that belongs nowhere. */
const PLACES: readonly (readonly [path: string, around: (token: string) => string])[] = [
  [
    'src/client.ts',
    (t) => `import { connect } from './net.ts';\n\nexport const client = connect('${t}', { retries: 3 });\n`,
  ],
  ['app/settings.py', (t) => `import os\n\nDEBUG = True\nUPSTREAM = "${t}"  # remove\n`],
  ['deploy/values.yaml', (t) => `replicas: 2\nimage: app:1.2\nupstream: ${t}\n`],
  [
    'README.md',
    (t) =>
      `# Setup\n\nRun the command:\n\n    curl -H "X-Auth: ${t}" https://api.internal/v1\n\nThen look at the log.\n`,
  ],
  ['config.json', (t) => `{\n  "name": "app",\n  "upstream": "${t}",\n  "port": 80\n}\n`],
  ['scripts/release.sh', (t) => `#!/bin/sh\nset -e\nexport UPSTREAM=${t}\nmake release\n`],
  ['cmd/main.go', (t) => `package main\n\nconst upstream = "${t}"\n\nfunc main() {}\n`],
  [
    'notebooks/train.ipynb',
    (t) => `{"cells": [{"cell_type": "code", "source": ["login(\\"${t}\\")\\n", "train()\\n"]}], "nbformat": 4}\n`,
  ],
  ['test/client.test.js', (t) => `test('signs in', () => {\n  expect(signIn(\`${t}\`)).toBe(true);\n});\n`],
  [
    '.github/workflows/ci.yml',
    (t) => `on: push\njobs:\n  build:\n    runs-on: ubuntu-latest\n    env:\n      UPSTREAM: ${t}\n`,
  ],
];

const KEYS = [
  'RSA PRIVATE KEY',
  'PRIVATE KEY',
  'EC PRIVATE KEY',
  'OPENSSH PRIVATE KEY',
  'ENCRYPTED PRIVATE KEY',
  'DSA PRIVATE KEY',
  'PGP PRIVATE KEY BLOCK',
];
const AROUND_KEYS: readonly (readonly [path: string, around: (pem: string) => string])[] = [
  ['id_rsa', (p) => `${p}\n`],
  ['certs/server.pem', (p) => `${p}\n`],
  ['tls/server.key', (p) => `\n${p}\n`],
  [
    'notes/todo.txt',
    (p) => `Ask about the key.\n\n${p}\n\nand the rest of a long note that somebody wrote about it.\n`,
  ],
  [
    'src/sign.ts',
    (p) => `const key = \`${p}\`;\nexport function sign(text: string): string {\n  return hmac(key, text);\n}\n`,
  ],
  [
    'src/joined.js',
    (p) =>
      `const key =\n${p
        .split('\n')
        .map((l) => `  '${l}\\n'`)
        .join(' +\n')};\nmodule.exports = { key };\n`,
  ],
  [
    'src/Key.java',
    (p) =>
      `class Key {\n  static final String KEY =\n${p
        .split('\n')
        .map((l) => `      "${l}\\n"`)
        .join('\n      + ')};\n}\n`,
  ],
  [
    'lib/key.c',
    (p) =>
      `static const char key[] =\n${p
        .split('\n')
        .map((l) => `  "${l}\\r\\n"`)
        .join('\n')};\nint main(void) { return 0; }\n`,
  ],
  ['app/keys.py', (p) => `KEY = """${p}\n"""\n\ndef load():\n    return KEY\n`],
  [
    'deploy/values.yaml',
    (p) =>
      `name: web\ntls:\n  key: |\n${p
        .split('\n')
        .map((l) => `    ${l}`)
        .join('\n')}\nreplicas: 3\n`,
  ],
  ['deploy/config.json', (p) => `${JSON.stringify({ name: 'web', key: `${p}\n`, port: 1 }, null, 2)}\n`],
  ['src/quoted.json', (p) => `${JSON.stringify({ inner: JSON.stringify({ key: p }) })}\n`],
  ['.env.key', (p) => `NAME=web\nTLS_KEY="${p.replaceAll('\n', '\\n')}"\n`],
  [
    'docs/setup.md',
    (p) =>
      `# Keys\n\nMake a key and put it here:\n\n\`\`\`\n${p}\n\`\`\`\n\nThen start the server and look at the log to see that it works.\n`,
  ],
  ['infra/main.tf', (p) => `resource "x" "y" {\n  name = "web"\n  content = <<EOT\n${p}\nEOT\n}\n`],
  ['scripts/up.sh', (p) => `cat > key <<EOF\n${p}\nEOF\nchmod 600 key\n./start --with-key key --verbose\n`],
  [
    'src/old.rb',
    (p) =>
      `# The key before:\n${p
        .split('\n')
        .map((l) => `# ${l}`)
        .join('\n')}\nclass Old\nend\n`,
  ],
  ['android/key.xml', (p) => `<resources>\n  <string name="tls">${p}</string>\n</resources>\n`],
  [
    'src/cut.go',
    (p) => `package key\n\nconst pem = \`${p.split('\n').slice(0, 6).join('\n')}\`\n\nfunc Use() { parse(pem) }\n`,
  ],
];

/**
 * Files for secrets, with values so plain that only the file tells. `$w` weak, `$p` a password, `$t` random, `$b`
 * base64.
 */
const FILES: readonly (readonly [path: string, text: string])[] = [
  ['.env', 'PORT=3000\nDB_PASSWORD=$w\n'],
  ['.env.local', 'NEXT_PUBLIC_NAME=web\nAPI_KEY=$w\n'],
  ['app/.env.production', 'export SESSION_SECRET="$w"\n'],
  ['env.production', 'STRIPE_SECRET_KEY=$w\n'],
  ['prod.env', 'DATABASE_URL=postgres://app:$w@db.internal:5432/app\n'],
  ['.dev.vars', 'JWT_SECRET=$w\n'],
  ['.envrc', 'layout node\nexport GITHUB_TOKEN=$w\n'],
  ['config/.env.test', 'ADMIN_PASS=$w\n'],
  ['secrets.yaml', 'db:\n  user: app\n  password: $w\n'],
  ['deploy/secrets.prod.yaml', 'smtp:\n  password: "$w"\n'],
  ['secrets.json', '{"apiKey": "$w"}\n'],
  ['.streamlit/secrets.toml', 'db_username = "app"\ndb_password = "$w"\n'],
  ['credentials.toml', '[registry]\ntoken = "$w"\n'],
  ['.cargo/credentials', '[registry]\ntoken = "$w"\n'],
  ['credentials.json', '{"user": "app", "password": "$w"}\n'],
  ['.aws/credentials', '[default]\naws_access_key_id = AKIAABCDEFGHIJKLMNOP\naws_secret_access_key = $t\n'],
  ['credentials', '[default]\naws_secret_access_key = $t\n'],
  ['.npmrc', '//registry.internal/:_authToken=$w\n'],
  ['old/.npmrc', 'registry=https://r.internal\n_auth=$b\n'],
  ['.yarnrc.yml', 'npmRegistryServer: "https://r.internal"\nnpmAuthToken: "$w"\n'],
  ['.pypirc', '[pypi]\nusername = app\npassword = $w\n'],
  ['.netrc', 'machine api.internal\n  login app\n  password $w\n'],
  ['_netrc', 'machine api.internal login app password $w\n'],
  ['.pgpass', 'db.internal:5432:app:app:$w\n'],
  ['.git-credentials', 'https://app:$w@git.internal\n'],
  ['.htpasswd', 'admin:$apr1$k3Jd9sQ1$$t\n'],
  ['.dockercfg', '{"https://r.internal": {"auth": "$b"}}\n'],
  ['.docker/config.json', '{"auths": {"r.internal": {"auth": "$b"}}}\n'],
  ['.kube/config', 'apiVersion: v1\nkind: Config\nusers:\n- name: app\n  user:\n    token: $t\n'],
  [
    'clusters/dev.yaml',
    'apiVersion: v1\nkind: Config\nclusters: []\nusers:\n- name: app\n  user:\n    client-key-data: $b\n',
  ],
  [
    'clusters/dev-basic.yml',
    'apiVersion: v1\nkind: Config\nusers:\n- name: app\n  user:\n    username: a\n    password: $p\n',
  ],
  [
    'keys/robot.json',
    '{"type": "service_account", "private_key_id": "abc", "private_key": "-----BEGIN PRIVATE KEY-----\\n$b\\n-----END PRIVATE KEY-----\\n"}\n',
  ],
  ['adc.json', '{"type": "authorized_user", "client_id": "a.b", "client_secret": "$t", "refresh_token": "$t"}\n'],
  ['client_secret_1.json', '{"installed": {"client_id": "a.b", "client_secret": "$w"}}\n'],
  ['terraform.tfvars', 'region = "eu"\ndb_password = "$w"\n'],
  ['prod.auto.tfvars', 'api_token = "$w"\n'],
  [
    'terraform.tfstate',
    '{"version": 4, "terraform_version": "1.5.0", "serial": 1, "lineage": "x", "resources": [{"instances": [{"attributes": {"password": "$w"}}]}]}\n',
  ],
  ['wp-config.php', "<?php\ndefine( 'DB_NAME', 'wp' );\ndefine( 'DB_PASSWORD', '$w' );\n"],
  ['appsettings.Production.json', '{"ConnectionStrings": {"Db": "Server=db;Database=app;User Id=sa;Password=$w;"}}\n'],
  ['appsettings.Staging.json', '{"Jwt": {"Secret": "$w"}}\n'],
  ['appsettings.json', '{"Logging": {}, "ConnectionStrings": {"Db": "Server=db;User Id=sa;Password=$p;"}}\n'],
  ['local.settings.json', '{"Values": {"StorageKey": "x", "ApiKey": "$w"}}\n'],
  [
    'web.config',
    '<configuration><connectionStrings>\n<add name="Db" connectionString="Data Source=db;User ID=sa;Password=$p" />\n</connectionStrings></configuration>\n',
  ],
  [
    'NuGet.config',
    '<configuration><packageSourceCredentials><r>\n<add key="ClearTextPassword" value="$w" />\n</r></packageSourceCredentials></configuration>\n',
  ],
  [
    '.m2/settings.xml',
    '<settings><servers><server>\n<username>app</username>\n<password>$w</password>\n</server></servers></settings>\n',
  ],
  ['settings.xml', '<settings><servers><server>\n<password>$p</password>\n</server></servers></settings>\n'],
  ['gradle.properties', 'org.gradle.jvmargs=-Xmx2g\nsigning.password=$p\n'],
  ['android/keystore.properties', 'storePassword=$w\nkeyPassword=$w\n'],
  ['android/key.properties', 'storePassword=$w\nkeyAlias=upload\n'],
  ['src/main/resources/application-prod.yml', 'spring:\n  datasource:\n    password: $w\n'],
  ['src/main/resources/application.properties', 'server.port=80\nspring.datasource.password=$p\n'],
  ['config/database.yml', 'production:\n  adapter: postgresql\n  password: $w\n'],
  ['config/master.key', '$h'],
  ['config/secrets.yml', 'production:\n  secret_key_base: $h\n'],
  ['auth.json', '{"http-basic": {"r.internal": {"username": "app", "password": "$w"}}}\n'],
  ['composer/auth.json', '{"github-oauth": {"github.com": "$h"}}\n'],
  ['.codex/auth.json', '{"OPENAI_API_KEY": "$w"}\n'],
  ['.vault-token', '$t\n'],
  ['.s3cfg', '[default]\naccess_key = A\nsecret_key = $w\n'],
  ['.boto', '[Credentials]\ngs_secret_access_key = $w\n'],
  ['.my.cnf', '[client]\nuser=app\npassword=$w\n'],
  ['rclone.conf', '[drive]\ntype = drive\ntoken = $t\n'],
  [
    'vpn/client.ovpn',
    'client\n<tls-auth>\n-----BEGIN OpenVPN Static key V1-----\n$h\n$h\n-----END OpenVPN Static key V1-----\n</tls-auth>\n',
  ],
  ['wg0.conf', '[Interface]\nPrivateKey = $b\nAddress = 10.0.0.1/24\n'],
  ['group_vars/all.yml', 'app_name: web\ndb_password: $p\n'],
  ['inventory.ini', '[web]\nhost1 ansible_user=app ansible_password=$p\n'],
  ['docker-compose.yml', 'services:\n  db:\n    environment:\n      POSTGRES_PASSWORD: $p\n'],
  ['compose.yaml', 'services:\n  db:\n    environment:\n      - MYSQL_ROOT_PASSWORD=$p\n'],
  ['k8s/db.yaml', 'apiVersion: v1\nkind: Secret\nmetadata:\n  name: db\ndata:\n  cert: $b\n'],
  [
    'k8s/all.yaml',
    'apiVersion: v1\nkind: Service\nmetadata:\n  name: web\n---\napiVersion: v1\nkind: Secret\nmetadata:\n  name: db\nstringData:\n  conn: $w\n',
  ],
  ['.travis.yml', 'language: node_js\nenv:\n  - NPM_TOKEN=$t\n'],
  ['.github/workflows/deploy.yml', 'env:\n  DEPLOY_TOKEN: $t\n'],
  ['Dockerfile', 'FROM node:22\nENV API_TOKEN=$t\nCMD ["node", "a.js"]\n'],
  ['Makefile', 'deploy:\n\tAPI_KEY=$t ./deploy.sh\n'],
  ['Jenkinsfile', "pipeline {\n  environment { API_TOKEN = '$t' }\n}\n"],
  ['mysite/settings.py', "DEBUG = False\nSECRET_KEY = '$t'\n"],
  ['superset_config.py', 'ROW_LIMIT = 5000\nSECRET_KEY = "$b"\n'],
  ['src/config.php', "<?php\nreturn ['debug' => false, 'api_key' => '$t'];\n"],
  ['laravel/.env', 'APP_NAME=web\nAPP_KEY=base64:$b\n'],
  ['public/firebase.js', "const firebaseConfig = {\n  apiKey: 'AIzaSy$33',\n  projectId: 'web',\n};\n"],
  ['app/google-services.json', '{"client": [{"api_key": [{"current_key": "AIzaSy$33"}]}]}\n'],
  ['ios/GoogleService-Info.plist', '<dict>\n<key>API_KEY</key>\n<string>AIzaSy$33</string>\n</dict>\n'],
  ['res/values/strings.xml', '<resources>\n<string name="maps">AIzaSy$33</string>\n</resources>\n'],
  ['firmware/arduino_secrets.h', '#define SECRET_SSID "home"\n#define SECRET_PASS "$p"\n'],
  ['src/wifi.ino', '#define WIFI_PASSWORD "$p"\nvoid setup() {}\n'],
  [
    'docs/api.md',
    'Call it:\n\n    curl -H "Authorization: Bearer $t" https://api.internal/v1/users\n\nIt answers with a list of users.\n',
  ],
  ['requests/users.http', 'GET https://api.internal/users\nAuthorization: Basic $a\n'],
  ['src/db.ts', "export const db = connect('postgres://app:$t@db.internal:5432/app');\n"],
  ['config/db.yaml', 'url: mongodb+srv://app:$p2@cluster0.mongodb.net/app\n'],
  ['celery.py', "broker = 'amqp://app:$t@mq.internal//'\n"],
  ['src/Db.java', 'class Db {\n  String url = "jdbc:mysql://db.internal/app?user=app&password=$t";\n}\n'],
  [
    'src/storage.cs',
    'var s = "DefaultEndpointsProtocol=https;AccountName=app;AccountKey=$k==;EndpointSuffix=core.windows.net";\n',
  ],
  ['src/Sql.cs', 'var c = "Server=db;Database=app;User Id=sa;Password=$p;TrustServerCertificate=true";\n'],
  [
    'putty.ppk',
    'PuTTY-User-Key-File-3: ssh-rsa\nEncryption: none\nPublic-Lines: 1\nAAAAB3NzaC1yc2E\nPrivate-Lines: 2\n$b\n$b\nPrivate-MAC: 00\n',
  ],
  [
    'src/jwk.json',
    '{"name": "signer for the web", "keys": [{"kty": "EC", "crv": "P-256", "x": "abc", "y": "def", "d": "$u"}], "used": "at the gateway of the shop"}\n',
  ],
  ['.sentryclirc', '[auth]\ntoken=$t\n'],
  ['.config/gh/hosts.yml', 'github.com:\n    user: app\n    oauth_token: $w\n'],
  ['profiles.yml', 'dbt:\n  outputs:\n    prod:\n      type: postgres\n      password: $p\n'],
  ['airflow.cfg', '[core]\nfernet_key = $b\n'],
  ['redis.conf', 'bind 127.0.0.1\nrequirepass $p\n'],
  ['odbc.ini', '[db]\nDriver=PG\nPWD=$p\n'],
  ['sftp-config.json', '{"type": "sftp", "host": "h", "password": "$w"}\n'],
  ['.vscode/sftp.json', '{"host": "h", "username": "app", "password": "$w"}\n'],
  ['postman/prod.postman_environment.json', '{"values": [{"key": "api_token", "value": "$t", "enabled": true}]}\n'],
  ['db/users.sql', "CREATE USER app IDENTIFIED BY '$p';\n"],
  ['db/role.sql', "ALTER ROLE app WITH PASSWORD '$p';\n"],
  ['infra/vars.tf', 'variable "db_password" {\n  type    = string\n  default = "$p"\n}\n'],
  ['infra/rds.tf', 'resource "aws_db_instance" "db" {\n  username = "app"\n  password = "$p"\n}\n'],
  ['chart/values.yaml', 'postgresql:\n  auth:\n    password: $p\n'],
  ['kustomization.yaml', 'secretGenerator:\n- name: db\n  literals:\n  - password=$p\n'],
  ['app.service', '[Service]\nEnvironment="API_TOKEN=$t"\n'],
  ['src/client.py', 'client = Client(api_key="$t", timeout=3)\n'],
  ['src/client.rb', "Client.configure { |c| c.access_token = '$t' }\n"],
  ['src/client.go', 'var client = New(Options{APIKey: "$t", Retries: 3})\n'],
  ['src/client.rs', 'const API_TOKEN: &str = "$t";\n'],
  ['src/Client.kt', 'private const val API_KEY = "$t"\n'],
  ['src/client.swift', 'let apiKey: String = "$t"\n'],
  ['src/typed.ts', "export const clientSecret: string = '$t';\n"],
  ['src/fetch.js', "fetch(url, { headers: { 'X-Api-Key': '$t' } });\n"],
  ['src/bearer.js', "fetch(url, { headers: { Authorization: 'Bearer $t' } });\n"],
  ['test/login.spec.ts', "await page.fill('#password', 'x');\nawait login({ user: 'app', password: '$p' });\n"],
  ['src/hex.py', 'ENCRYPTION_KEY = "$h"\n'],
  ['src/uuid.py', 'HEROKU_API_KEY = "$i"\n'],
  [
    'log/app.log',
    '2026-01-01 INFO start\n2026-01-01 DEBUG request token=$t user=3\n2026-01-01 INFO end of the request that was made\n',
  ],
  ['crypto/wallet.json', '{"note": "for the tests of the chain", "mnemonicFile": "none", "privateKey": "0x$h"}\n'],
  ['.bundle/config', '---\nBUNDLE_GEMS__INTERNAL__COM: "app:x"\nBUNDLE_API_KEY: "$w"\n'],
  ['api_token.txt', '$t\n'],
  ['password.txt', '$p\n'],
  ['vault.yml', 'vault_db_password: $w\n'],
  ['src/spaced.yaml', 'service:\n  client_secret:   "$t"   # the old one\n'],
  ['src/escaped.ts', 'const body = "{\\"client_secret\\": \\"$t\\", \\"a\\": 1}";\n'],
  ['bin/run', '#!/bin/sh\nmysql --user=app --password=$p app\n'],
  ['bin/flag.sh', 'tool login --token $t --quiet\n'],
  ['ci/azure-pipelines.yml', 'variables:\n  sonarToken: $h\n'],
  ['gpg/private-keys-v1.d/ABC.key', '(11:private-key(rsa(n #00112233#)(e #010001#)(d #$h$h#)))\n'],
  ['minisign.key', 'untrusted comment: minisign encrypted secret key\n$b\n'],
];

/** The holders, made from one seed. */
export function holders(v: Values): Holder[] {
  const tokens = TOKENS.map(([name, make], n): Holder => {
    const [path, around] = PLACES[n % PLACES.length]!;
    const token = make(v);
    return { name: `${name} in ${path}`, path, text: around(token), secrets: [token.slice(-8)] };
  });
  const keys = AROUND_KEYS.map(([path, around], n): Holder => {
    const title = KEYS[n % KEYS.length]!;
    const { whole, lines } = v.pem(title);
    return {
      name: `${title} in ${path}`,
      path,
      text: around(whole),
      secrets: path === 'src/cut.go' ? lines.slice(0, 5) : lines,
    };
  });
  const files = FILES.map(([path, template]): Holder => {
    const secrets: string[] = [];
    const values: Record<string, () => string> = {
      w: v.weak,
      p: v.password,
      p2: () => v.base62(14),
      t: () => v.base62(40),
      b: () => v.base64(44),
      h: () => v.hex(32),
      i: v.uuid,
      k: () => v.base62(86),
      u: () => v.base62(43),
      33: () => v.base62(33),
      a: () => Buffer.from(`app:${v.password()}`).toString('base64'),
    };
    const text = template.replace(/\$(33|p2|[wptbhikua])(?![A-Za-z]{2})/g, (_, kind: string) => {
      const value = values[kind]!();
      secrets.push(value);
      return value;
    });
    return { name: path, path, text, secrets };
  });
  return [...tokens, ...keys, ...files];
}
