import type { Values } from './values.ts';

/** A file in which nothing is to be hidden, though it speaks of secrets or looks like one. */
export interface Harmless {
  readonly name: string;
  readonly path: string;
  readonly text: string;
}

const AWS_EXAMPLE = ['AKIA', 'IOSFODNN7', 'EXAMPLE'].join('');
const AWS_EXAMPLE_SECRET = ['wJalrXUtnFEMI/K7MDENG', '/bPxRfiCY', 'EXAMPLEKEY'].join('');

/** `$h` a hash of 40, `$H` of 64 hexadecimal digits, `$u` a UUID, `$b` base64, `$x` the letter x thirty-six times. */
const FILES: readonly (readonly [path: string, text: string])[] = [
  // What only looks random.
  ['package.json', '{"name": "a", "integrity": "sha512-$b$b==", "gitHead": "$h"}\n'],
  ['checksums.txt', '$H  a.tar.gz\n$H  b.tar.gz\n'],
  ['src/hash.ts', "export const expected = '$H';\nexport const etag = '\"$h\"';\n"],
  [
    '.github/workflows/ci.yml',
    'jobs:\n  a:\n    steps:\n      - uses: actions/checkout@$h # v4\n        with:\n          token: ${{ secrets.GITHUB_TOKEN }}\n',
  ],
  [
    'Dockerfile',
    'FROM node:22@sha256:$H\nARG TOKEN\nENV NODE_ENV=production\nRUN --mount=type=secret,id=token cat /run/secrets/token\n',
  ],
  ['go.mod', 'module a\n\nrequire b v0.0.0-20240101000000-0123abcd4567\n'],
  ['app.sln', 'Project("{$u}") = "App", "App.csproj", "{$u}"\n'],
  ['src/ids.ts', "export const ids = ['$u', '$u'];\nexport const tenantId = '$u';\n"],
  ['azure.json', '{"tenantId": "$u", "clientId": "$u", "subscriptionId": "$u"}\n'],
  ['styles/icon.css', '.a { background: url(data:image/png;base64,$b$b$b$b$b$b) }\n'],
  ['docs/image.md', 'A picture: ![x](data:image/gif;base64,$b$b$b)\n'],
  ['src/font.ts', "export const font = 'data:font/woff2;base64,$b$b$b$b';\n"],
  ['test/snapshot.snap', 'exports[`a 1`] = `<div class="css-1x2y3z4" id="$u"></div>`;\n'],
  ['src/wasm.js', "const wasm = 'AGFzbQEAAAAB$b$b$b';\n"],
  ['yarn.txt', '"a@^1":\n  resolved "https://r/a.tgz#$h"\n  integrity sha512-$b$b==\n'],
  ['src/colors.ts', "export const colors = { primary: '#1f2937', tokenColor: '#abcdef' };\n"],
  ['Cargo.toml', '[package]\nname = "a"\n\n[dependencies]\nb = { git = "https://g/b", rev = "$h" }\n'],
  ['flake.nix', '{ hash = "sha256-$b="; rev = "$h"; }\n'],
  ['test/uuid.test.ts', "expect(parse('$u')).toEqual({ version: 4 });\n"],
  ['db/seeds.sql', "INSERT INTO users (id, etag) VALUES ('$u', '$h');\n"],
  ['.git-blame-ignore-revs', '# Formatting\n$h\n$h\n'],
  ['src/commit.rb', "REVISION = '$h'\n"],
  ['Formula/a.rb', 'class A < Formula\n  url "https://h/a.tgz"\n  sha256 "$H"\nend\n'],
  // Public halves.
  ['id_rsa.pub', 'ssh-rsa AAAAB3NzaC1yc2E$b$b$b user@host\n'],
  ['.ssh/known_hosts', 'github.com ssh-ed25519 AAAAC3NzaC1lZDI1NTE5$b\n'],
  ['.ssh/config', 'Host a\n  IdentityFile ~/.ssh/id_ed25519\n  User git\n'],
  ['.ssh/authorized_keys', 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5$b a@b\n'],
  ['certs/ca.pem', '-----BEGIN CERTIFICATE-----\nMIID$b\n$b\n-----END CERTIFICATE-----\n'],
  ['certs/chain.crt', '-----BEGIN CERTIFICATE-----\nMIID$b\n-----END CERTIFICATE-----\n'],
  ['keys/public.pem', '-----BEGIN PUBLIC KEY-----\nMIIB$b\n$b\n-----END PUBLIC KEY-----\n'],
  ['keys/rsa.key', '-----BEGIN RSA PUBLIC KEY-----\nMIIB$b\n-----END RSA PUBLIC KEY-----\n'],
  ['req.csr', '-----BEGIN CERTIFICATE REQUEST-----\nMIIC$b\n-----END CERTIFICATE REQUEST-----\n'],
  ['KEYS', '-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nmQIN$b\n$b\n=AbCd\n-----END PGP PUBLIC KEY BLOCK-----\n'],
  ['a.asc', '-----BEGIN PGP SIGNATURE-----\n\niQIz$b\n-----END PGP SIGNATURE-----\n'],
  ['src/verify.ts', "const publicKey = '$b$b';\nexport const verify = (text: string) => check(publicKey, text);\n"],
  ['wg-peer.conf', '[Peer]\nPublicKey = $b\nAllowedIPs = 10.0.0.0/24\n'],
  ['jwks.json', '{"keys": [{"kty": "RSA", "n": "$b$b", "e": "AQAB", "kid": "$u"}]}\n'],
  ['cosign.pub', '-----BEGIN PUBLIC KEY-----\nMFkw$b\n-----END PUBLIC KEY-----\n'],
  ['.sops.yaml', 'creation_rules:\n  - age: age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p\n'],
  // Encrypted, or a reference to where it is kept.
  ['secrets.enc.yaml', 'password: ENC[AES256_GCM,data:$b,iv:$b,tag:$b,type:str]\nsops:\n  version: 3.8.1\n'],
  ['secrets.sops.yaml', 'db:\n  password: ENC[AES256_GCM,data:abcd,iv:$b,tag:$b,type:str]\n'],
  ['group_vars/vault.yml', '$ANSIBLE_VAULT;1.1;AES256\n6132333435\n6132333435\n'],
  ['group_vars/all.yml', 'db_password: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  613233\n'],
  [
    'k8s/sealed.yaml',
    'apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nspec:\n  encryptedData:\n    password: AgB$b$b$b$b\n',
  ],
  [
    'k8s/external.yaml',
    'kind: ExternalSecret\nspec:\n  data:\n  - secretKey: password\n    remoteRef:\n      key: prod/db\n',
  ],
  [
    'k8s/deploy.yaml',
    'kind: Deployment\nspec:\n  env:\n  - name: DB_PASSWORD\n    valueFrom:\n      secretKeyRef:\n        name: db-credentials\n        key: password\n',
  ],
  [
    'compose.yaml',
    'services:\n  db:\n    environment:\n      POSTGRES_PASSWORD_FILE: /run/secrets/db_password\n    secrets:\n      - db_password\n',
  ],
  [
    'docker-compose.yml',
    'services:\n  db:\n    environment:\n      POSTGRES_PASSWORD: ${POSTGRES_PASSWORD:-postgres}\n      MYSQL_PASSWORD: ${MYSQL_PASSWORD}\n',
  ],
  ['docker-compose.dev.yml', 'services:\n  db:\n    environment:\n      POSTGRES_PASSWORD: postgres\n'],
  ['app.json', '{"env": {"SECRET_KEY": {"generator": "secret"}}}\n'],
  [
    'task.json',
    '{"secrets": [{"name": "DB_PASSWORD", "valueFrom": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:db-AbCdEf"}]}\n',
  ],
  ['.env.op', 'DB_PASSWORD=op://vault/db/password\n'],
  [
    'infra/main.tf',
    'resource "x" "y" {\n  password = var.db_password\n  token    = data.vault_generic_secret.a.data["token"]\n}\n',
  ],
  ['infra/variables.tf', 'variable "db_password" {\n  type      = string\n  sensitive = true\n}\n'],
  ['infra/random.tf', 'resource "random_password" "db" {\n  length  = 32\n  special = true\n}\n'],
  ['serverless.yml', 'provider:\n  environment:\n    TOKEN: ${ssm:/app/token}\n'],
  ['cloudformation.yaml', 'Properties:\n  MasterUserPassword: !Sub "{{resolve:secretsmanager:${Secret}::password}}"\n'],
  // Templates.
  [
    'chart/templates/secrets.yaml',
    'apiVersion: v1\nkind: Secret\nmetadata:\n  name: {{ include "a.fullname" . }}\ndata:\n  password: {{ .Values.db.password | b64enc }}\n',
  ],
  ['chart/templates/secret-string.yaml', 'kind: Secret\nstringData:\n  token: "{{ .Values.token }}"\n'],
  [
    'chart/values.yaml',
    'postgresql:\n  auth:\n    password: ""\n    existingSecret: db-credentials\n    secretKeys:\n      adminPasswordKey: postgres-password\n',
  ],
  ['roles/db/templates/my.cnf.j2', '[client]\npassword={{ mysql_root_password }}\n'],
  ['config/database.yml', 'production:\n  password: <%= ENV["DB_PASSWORD"] %>\n'],
  ['config/secrets.yml', 'production:\n  secret_key_base: <%= ENV["SECRET_KEY_BASE"] %>\n'],
  ['config/credentials.yml', 'token: %{TOKEN}\n'],
  ['app/application.yml', 'spring:\n  datasource:\n    password: ${DB_PASSWORD}\n'],
  ['app/application-prod.yml', 'spring:\n  datasource:\n    password: ${DB_PASSWORD:}\n'],
  ['kubeconfig.tpl', 'apiVersion: v1\nkind: Config\nusers:\n- name: a\n  user:\n    token: ${token}\n'],
  ['env.tmpl', 'DB_PASSWORD={{ key "db/password" }}\n'],
  ['.npmrc', '//registry.example.org/:_authToken=${NPM_TOKEN}\nsave-exact=true\n'],
  ['.yarnrc.yml', 'nodeLinker: node-modules\nnpmAuthToken: "${NPM_TOKEN}"\n'],
  ['.pypirc', '[pypi]\nusername = __token__\npassword = ${PYPI_TOKEN}\n'],
  ['.env', 'PORT=3000\nNODE_ENV=development\nAPI_URL=https://api.internal\nLOG_LEVEL=debug\n'],
  ['.env.local', 'API_KEY=\nTOKEN=""\nDB_PASSWORD=changeme\n'],
  ['.env.example', 'API_KEY=your-api-key\nDB_PASSWORD=secret\nTOKEN=xxxxxxxx\n'],
  ['.env.sample', 'STRIPE_SECRET_KEY=sk_test_xxxxxxxxxxxxxxxx\nDB_PASSWORD=password\n'],
  ['.env.template', 'SECRET_KEY=<your-secret-key>\nAWS_ACCESS_KEY_ID=' + AWS_EXAMPLE + '\n'],
  ['env.example', 'GITHUB_TOKEN=ghp_$x\n'],
  ['.envrc', 'layout node\nuse nix\nPATH_add bin\nexport AWS_PROFILE=dev\nexport TOKEN=$(op read op://a/b)\n'],
  ['terraform.tfvars', 'region = "eu-west-1"\ninstance_type = "t3.micro"\nkey_name = "deployer"\n'],
  ['dev.tfvars', 'public_key_path = "~/.ssh/id_rsa.pub"\nsecret_name = "db"\n'],
  [
    'terraform.tfstate',
    '{"version": 4, "terraform_version": "1.5.0", "serial": 1, "lineage": "$u", "outputs": {}, "resources": []}\n',
  ],
  ['.env.d.ts', 'interface ImportMetaEnv {\n  readonly VITE_TOKEN: string;\n  readonly VITE_API_KEY: string;\n}\n'],
  ['src/env.ts', "export const env = { token: process.env.TOKEN ?? '', apiKey: process.env['API_KEY'] };\n"],
  ['.dev.vars.example', 'JWT_SECRET=replace-me\n'],
  ['appsettings.Development.json', '{"Logging": {"LogLevel": {"Default": "Information"}}}\n'],
  ['appsettings.Production.json', '{"ConnectionStrings": {"Db": "#{DbConnection}#"}, "Jwt": {"Secret": ""}}\n'],
  [
    'wp-config-sample.php',
    "<?php\ndefine( 'DB_PASSWORD', 'password_here' );\ndefine( 'AUTH_KEY', 'put your unique phrase here' );\n",
  ],
  ['wp-config.php', "<?php\ndefine( 'DB_PASSWORD', getenv('WORDPRESS_DB_PASSWORD') );\n"],
  // Translations and labels.
  [
    'locales/en/secrets.json',
    '{"title": "Secrets", "password": "Password", "token": "Enter your token", "secret": "Secret value"}\n',
  ],
  [
    'public/locales/de/auth.json',
    '{"password": "Passwort", "forgotPassword": "Passwort vergessen?", "token": "Token eingeben"}\n',
  ],
  ['src/i18n/fr.json', '{"login": {"password": "Mot de passe", "confirm_password": "Confirmer"}}\n'],
  ['auth.json', '{"password": "Passwort", "token": "Kennwort", "secret": "Geheimnis"}\n'],
  [
    'config/locales/devise.en.yml',
    'en:\n  devise:\n    passwords:\n      no_token: "You cannot access this page without coming from a password reset email."\n',
  ],
  [
    'lang/en/passwords.php',
    "<?php\nreturn [\n    'reset' => 'Your password has been reset!',\n    'token' => 'This password reset token is invalid.',\n];\n",
  ],
  ['po/de.po', 'msgid "Password"\nmsgstr "Kennwort"\n'],
  [
    'strings.xml',
    '<resources>\n<string name="password">Password</string>\n<string name="token_hint">Enter the token</string>\n</resources>\n',
  ],
  ['Localizable.strings', '"password" = "Passwort";\n"token.title" = "Zugangsschlüssel";\n'],
  ['messages.properties', 'login.password=Password\nlogin.token=Your token\n'],
  // Code that handles secrets.
  [
    'src/credentials.ts',
    'export interface Credentials {\n  readonly username: string;\n  readonly password: string;\n  readonly token?: string;\n}\n',
  ],
  [
    'src/login.tsx',
    '<input type="password" name="password" placeholder="Password" autoComplete="current-password" />\n',
  ],
  ['src/auth.go', 'token := r.Header.Get("X-Auth-Token")\nif token == "" {\n\treturn errors.New("missing token")\n}\n'],
  [
    'src/auth.py',
    'def login(user, password=None, token=None):\n    api_key = os.environ["API_KEY"]\n    secret = config.get("secret_key")\n    return Client(api_key=api_key, secret=secret)\n',
  ],
  [
    'src/constants.ts',
    "export const ACCESS_TOKEN = 'access_token';\nexport const AUTH_HEADER = 'x-auth-token';\nexport const TOKEN_EXPIRED = 'token_expired';\nexport const API_KEY_HEADER = 'X-API-Key';\n",
  ],
  [
    'src/keys.rs',
    'pub const SECRET_KEY_LENGTH: usize = 32;\nlet private_key = PrivateKey::generate(&mut rng);\nlet token = Token::Ident("abc");\n',
  ],
  [
    'src/lexer.c',
    'static const char *token_names[] = { "TOKEN_IDENTIFIER", "TOKEN_NUMBER" };\nenum token token = next_token(lexer);\n',
  ],
  [
    'src/tokenizer.py',
    'tokenizer = AutoTokenizer.from_pretrained("bert-base-uncased")\npad_token = "<pad>"\nmax_tokens = 4096\neos_token = "<|endoftext|>"\n',
  ],
  [
    'src/crypt.java',
    'String password = request.getParameter("password");\nSecretKey secretKey = factory.generateSecret(spec);\nString token = UUID.randomUUID().toString();\n',
  ],
  [
    'src/user.rb',
    'validates :password, presence: true, length: { minimum: 8 }\nattr_accessor :password, :api_key\nhas_secure_token :auth_token\n',
  ],
  [
    'src/Auth.cs',
    'public string Password { get; set; } = string.Empty;\nvar token = await GetTokenAsync();\nconst string ApiKeyHeader = "X-Api-Key";\n',
  ],
  [
    'src/cache.ts',
    "const cacheKey = 'user:profile:v2:settings';\nconst sortKey = 'createdAt#id0001';\nconst primaryKey = 'id';\n",
  ],
  ['src/page.ts', "const nextPageToken = 'CAUQAA';\nconst continuationToken = undefined;\n"],
  [
    'src/csrf.html',
    '<meta name="csrf-token" content="{{ csrf_token }}">\n<input type="hidden" name="_token" value="{{ csrf_token() }}">\n',
  ],
  [
    'src/sql/users.sql',
    'CREATE TABLE users (\n  id INT PRIMARY KEY,\n  password VARCHAR(255) NOT NULL,\n  api_key CHAR(64)\n);\n',
  ],
  ['schema.graphql', 'type Mutation {\n  login(email: String!, password: String!): Token!\n}\n'],
  ['api.proto', 'message Login {\n  string password = 2;\n  string access_token = 3;\n}\n'],
  [
    'openapi.yaml',
    'components:\n  schemas:\n    Login:\n      properties:\n        password:\n          type: string\n          format: password\n        token: { type: string, example: abc123 }\n',
  ],
  ['schema.json', '{"properties": {"password": {"type": "string"}, "apiKey": {"type": "string", "minLength": 32}}}\n'],
  ['tokens.json', '{"color": {"primary": {"value": "#1f2937", "token": "color.primary.500"}}}\n'],
  ['keymap.json', '[{"key": "ctrl+k ctrl+c", "command": "comment"}, {"key": "f5", "command": "run"}]\n'],
  ['keys.yaml', 'up: k\ndown: j\nquit: q\n'],
  ['theme.css', ':root { --token-primary: #1f2937; --key-size: 12px; }\ninput[type="password"] { width: 100% }\n'],
  [
    'auth.rs',
    'match token.kind {\n    TokenKind::Secret => secret(token),\n    _ => Err("unexpected token: expected `}`"),\n}\n',
  ],
  [
    'prompt.ts',
    "const password = await prompt('Enter your password: ');\nconst secret = await ask({ message: 'Client secret?' });\n",
  ],
  [
    'src/aws.ts',
    "new S3({ credentials: fromEnv(), region: 'eu-west-1' });\nconst secretName = 'prod/db/credentials';\n",
  ],
  [
    'src/oauth.ts',
    "const tokenEndpoint = 'https://login.example.com/oauth2/token';\nconst tokenType = 'bearer';\nconst scope = 'openid profile';\n",
  ],
  ['src/i18n.ts', "t('auth.password.required', 'A password is required.');\n"],
  ['src/mask.ts', "const masked = password.replace(/./g, '*');\nconst hidden = '********';\n"],
  [
    'src/argon.py',
    "PASSWORD_HASHERS = ['django.contrib.auth.hashers.Argon2PasswordHasher']\nAUTH_USER_MODEL = 'users.User'\n",
  ],
  [
    'src/settings.py',
    "SECRET_KEY = os.getenv('DJANGO_SECRET_KEY', 'django-insecure-change-me')\nAUTH_PASSWORD_VALIDATORS = []\n",
  ],
  ['src/compare.go', 'if subtle.ConstantTimeCompare([]byte(token), []byte(want)) != 1 {\n\treturn ErrBadToken\n}\n'],
  [
    'src/gen.sh',
    '#!/bin/sh\nTOKEN=$(openssl rand -hex 32)\nPASSWORD="${1:?usage: gen.sh PASSWORD}"\nexport API_KEY="$TOKEN"\ncurl -H "Authorization: Bearer $TOKEN" "$URL"\n',
  ],
  ['Makefile', 'TOKEN ?= $(shell cat token)\ndeploy:\n\t./deploy --token $(TOKEN)\n'],
  [
    'Jenkinsfile',
    "withCredentials([string(credentialsId: 'npm-token', variable: 'NPM_TOKEN')]) { sh 'npm publish' }\n",
  ],
  ['.gitlab-ci.yml', 'deploy:\n  script:\n    - docker login -u "$CI_USER" -p "$CI_PASSWORD" $CI_REGISTRY\n'],
  ['.travis.yml', 'env:\n  global:\n    - secure: "$b$b$b"\n'],
  // Tests with values that are plainly invented.
  [
    'test/login.test.ts',
    "login({ user: 'alice', password: 'password123' });\nexpect(token).toBe('test-token');\nconst apiKey = 'fake-api-key-for-tests';\n",
  ],
  [
    'tests/test_auth.py',
    'client = Client(token="dummy-token", secret="my-secret")\nassert client.password == "hunter2"\n',
  ],
  ['spec/auth_spec.rb', "let(:password) { 'correct horse battery staple' }\nlet(:token) { 'abc123' }\n"],
  ['internal/auth_test.go', 'const testToken = "test-token-0123456789"\nconst badPassword = "wrong-password-123"\n'],
  ['test/jwt.test.js', "const token = 'header.payload.signature';\nconst invalid = 'not-a-jwt-token-at-all';\n"],
  ['test/fixtures/config.json', '{"apiKey": "test_key_1234567890", "password": "secret"}\n'],
  ['test/aws.test.ts', `const id = '${AWS_EXAMPLE}';\nconst secretAccessKey = '${AWS_EXAMPLE_SECRET}';\n`],
  [
    'test/url.test.ts',
    "parse('http://user:pass@host.com/');\nparse('https://user:password@example.com');\nparse('postgres://postgres:postgres@localhost:5432/app');\n",
  ],
  [
    'test/basic.test.ts',
    "expect(header).toBe('Basic dXNlcjpwYXNz');\nexpect(other).toBe('Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==');\n",
  ],
  ['test/stripe.test.ts', "const key = 'sk_test_xxxxxxxxxxxxxxxxxxxxxxxx';\nconst other = 'sk_live_xxx';\n"],
  [
    'test/slack.test.ts',
    "const bot = 'xoxb-your-token-here';\nconst hook = 'https://hooks.slack.com/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX';\n",
  ],
  ['cypress/login.cy.ts', "cy.get('#password').type('password');\ncy.get('[data-test=token]').should('exist');\n"],
  ['test/phc.test.ts', "const message = 'token must be a string';\nconst field = 'secret_key';\n"],
  // Documents.
  [
    'docs/tokens.md',
    '# Tokens\n\nPersonal tokens begin with `ghp_`, those of apps with `ghs_`; GitLab has `glpat-`, Slack `xoxb-`.\nAn access key has `AKIA` and 16 letters.\n',
  ],
  [
    'docs/keys.md',
    'Put the key into `.env`:\n\n```\nAPI_KEY=your_api_key_here\nDB_PASSWORD=<password>\nTOKEN=$TOKEN\n```\n',
  ],
  ['docs/pem.md', 'The file begins with `-----BEGIN PRIVATE KEY-----` and ends with `-----END PRIVATE KEY-----`.\n'],
  ['docs/pem2.md', '```\n-----BEGIN RSA PRIVATE KEY-----\n...\n-----END RSA PRIVATE KEY-----\n```\n'],
  [
    'docs/curl.md',
    'curl -H "Authorization: Bearer YOUR_ACCESS_TOKEN" https://api.example.com\ncurl -H "Authorization: Bearer <token>" -u user:password https://h\n',
  ],
  [
    'docs/db.rst',
    'Set ``DATABASE_URL`` to ``postgres://user:password@host:5432/name``.\nThe password is read from a file.\n',
  ],
  ['docs/redis.md', 'Connect with `redis://:password@localhost:6379/0` or `amqp://guest:guest@localhost`.\n'],
  [
    'README.md',
    '| Variable | Meaning |\n| --- | --- |\n| `API_KEY` | key of the API |\n| `SECRET_TOKEN` | default: `none` |\n',
  ],
  ['CHANGELOG.md', '- Fix: password reset token was not checked (#123, $h)\n- Add: `--token` option\n'],
  [
    'docs/secrets.md',
    'Secret: a value that must stay hidden. Password: a secret that a person remembers. Token: a secret that a machine made.\n',
  ],
  [
    'docs/passwords.rst',
    'Password hashing\n================\n\nThe format is ``pbkdf2_sha256$iterations$salt$hash``.\n',
  ],
  [
    'docs/jwt.md',
    'A token looks like `eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIn0.abcDEF123456abcDEF123456abcDEF`.\n',
  ],
  ['gitleaks.toml', "[[rules]]\nid = 'x'\nregex = '''ghp_[0-9a-zA-Z]{36}'''\nkeywords = ['ghp_']\n"],
  [
    'src/scan.ts',
    'const patterns = [/AKIA[0-9A-Z]{16}/, /xox[bp]-[0-9-]+/, /sk_live_[a-z0-9]{24}/i, /-----BEGIN [A-Z ]+PRIVATE KEY-----/];\n',
  ],
  [
    'src/pem.ts',
    "export const isKey = (text: string) => text.startsWith('-----BEGIN RSA PRIVATE KEY-----');\nexport const wrap = (body: string) => `-----BEGIN PRIVATE KEY-----\\n${body}\\n-----END PRIVATE KEY-----`;\n",
  ],
  ['src/pem.go', 'if !strings.Contains(pem, "-----BEGIN PRIVATE KEY-----") {\n\treturn errors.New("not a key")\n}\n'],
  ['examples/secrets.yaml', 'apiVersion: v1\nkind: Secret\nstringData:\n  password: changeme\n  token: <your-token>\n'],
  ['examples/config.toml', 'token = "your-token"\npassword = "example-password-1"\n'],
  ['man/tool.1', '.TH TOOL 1\n.B \\-\\-password\nThe password to use.\n'],
  ['LICENSE', 'Permission is hereby granted, free of charge, to any person obtaining a copy\n'],
  ['AUTHORS', 'A. Token <token@example.com>\nB. Key <key@example.com>\n'],
  ['password.txt', 'Enter the password that you were given by the administrator.\nThen press return.\n'],
  ['wordlists/passwords.txt', ['dragon', 'monkey', 'sunshine', 'princess', 'football', 'letmein'].join('\n') + '\n'],
  ['.htaccess', 'AuthType Basic\nAuthUserFile /etc/apache2/.htpasswd\nRequire valid-user\n'],
  ['.editorconfig', 'root = true\n[*]\nindent_style = space\n'],
  [
    'nginx.conf',
    'ssl_certificate /etc/ssl/a.crt;\nssl_certificate_key /etc/ssl/a.key;\nauth_basic_user_file /etc/nginx/.htpasswd;\n',
  ],
  [
    'sshd_config',
    'PasswordAuthentication no\nPermitRootLogin prohibit-password\nAuthorizedKeysFile .ssh/authorized_keys\n',
  ],
  ['php.ini', 'session.name = PHPSESSID\nmysqli.default_pw =\nodbc.default_pw = Not yet implemented\n'],
  [
    'settings.xml',
    '<settings><servers><server>\n<username>${env.USER}</username>\n<password>${env.TOKEN}</password>\n</server></servers></settings>\n',
  ],
  ['gradle.properties', 'signing.keyId=\nsigning.password=\norg.gradle.caching=true\n'],
  ['local.properties', 'sdk.dir=/opt/android\nndk.dir=/opt/ndk\n'],
  ['pom.xml', '<plugin><configuration><passphrase>${gpg.passphrase}</passphrase></configuration></plugin>\n'],
  ['angular.json', '{"projects": {"app": {"sourceRoot": "src", "schematics": {}}}, "cli": {"analytics": "$u"}}\n'],
  ['launch.json', '{"configurations": [{"env": {"TOKEN": "${env:TOKEN}", "PASSWORD": "${input:password}"}}]}\n'],
  ['extension.json', '{"authenticationProvider": "github", "tokenColor": "keyword.control", "secretStorage": true}\n'],
  [
    'grammar.json',
    '{"tokenTypes": {"entity.name": "other"}, "patterns": [{"match": "\\\\b(password|secret)\\\\b", "name": "keyword.other"}]}\n',
  ],
];

export function harmless(v: Values): Harmless[] {
  const values: Record<string, () => string> = {
    h: () => v.hex(40),
    H: () => v.hex(64),
    u: v.uuid,
    b: () => v.base64(43),
    x: () => 'x'.repeat(36),
  };
  return FILES.map(([path, template]) => ({
    name: path,
    path,
    text: template.replace(/\$([hHubx])(?![A-Za-z_{])/g, (_, kind: string) => values[kind]!()),
  }));
}
