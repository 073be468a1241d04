import { Argument, Command, InvalidArgumentError, Option } from 'commander';
import type { CommanderError } from 'commander';
import { askCommand } from './ask.ts';
import type { AskCommand } from './ask.ts';
import { endWithReader } from './closed-pipe.ts';
import { diffCommand } from './diff.ts';
import type { DiffCommand } from './diff.ts';
import { EXIT } from './exit.ts';
import { EVIDENCE_KINDS } from '../evidence/evidence.ts';
import { evidenceCommand } from './evidence.ts';
import type { EvidenceCommand } from './evidence.ts';
import { exportCommand } from './export.ts';
import type { ExportCommand } from './export.ts';
import { failureOf } from './failure.ts';
import { forgetCommand } from './forget.ts';
import { importCommand } from './import.ts';
import { CLIENTS, initCommand } from './init.ts';
import type { ClientName, InitCommand } from './init.ts';
import { ingestCommand } from './ingest.ts';
import type { IngestCommand } from './ingest.ts';
import { memoriesCommand } from './memories.ts';
import type { MemoriesCommand } from './memories.ts';
import { err } from './output.ts';
import { endOnSignal } from './interrupt.ts';
import type { ModelsCommand } from './models.ts';
import { recallCommand } from './recall.ts';
import type { RecallCommand } from './recall.ts';
import type { CommonOptions } from './session.ts';
import { statsCommand } from './stats.ts';
import { usageOutput } from './usage-output.ts';
import { verifyCommand } from './verify.ts';
import { version } from './version.ts';

// Importing this module runs the command that the arguments name.
endWithReader();
endOnSignal();
process.on('uncaughtException', fail);

const program = new Command('ask-codebase')
  .description('Questions about a codebase, answered on this machine from a memory of all its files.')
  .version(version())
  .configureOutput(usageOutput)
  .exitOverride(usage);

program.addCommand(
  asked(common(new Command('ask')))
    .description('Reads what changed, shows the relevant files, and answers with checked citations.')
    .argument('<question...>', 'a question in your own words')
    .addHelpText(
      'after',
      examples(
        'ask "Where is the ETag of a response generated?"',
        'ask --repo ../api --repo ../web "Who calls /login?"',
        'ask --scope "+src -tests" "How are sessions stored?"',
        'ask --at v1.2 "How were sessions stored?"',
        'ask --model http://localhost:11434#qwen2.5-coder:7b "Who calls /login?"',
      ) +
        '\n\nA server that wants a key gets that of ASK_CODEBASE_SERVER_KEY if ASK_CODEBASE_SERVER_KEY_FOR is its address.',
    )
    .addOption(number('--temperature <t>', 'sample instead of taking the likeliest token', 0, 2))
    .addOption(number('--seed <n>', 'makes a sampled answer repeatable', 0, 2 ** 32))
    .addOption(number('--max-tokens <n>', 'length of the answer', 1, 4096))
    .addOption(kindOption([...EVIDENCE_KINDS, 'none']))
    .addOption(blameOption())
    .option(
      '--model <model>',
      'who answers: built-in, a name of `models list`, or a server such as http://localhost:11434#NAME',
    )
    .action((words: string[], options: AskCommand) => run(() => askCommand(words.join(' '), options))),
);
program.addCommand(
  common(new Command('ingest'))
    .description('Reads what is new or changed into the memory. Ctrl-C keeps what is done.')
    .option('--remember', 'read again what `forget` took out')
    .option('--repair', 'drop damaged parts first; their files are read again')
    // Its name in the version before.
    .addOption(new Option('--mend').implies({ repair: true }).hideHelp())
    .option('--rebuild', 'set the database aside first and begin it anew with what can be read of it')
    .action((options: IngestCommand) => run(() => ingestCommand(options))),
);
program.addCommand(
  asked(common(new Command('recall')))
    .description('Ranks files and lines for a question, without generating an answer.')
    .argument('[question...]', 'a question in your own words')
    .addHelpText(
      'after',
      examples('recall "session cookies"', 'recall --with lib.imem --by memory "retry with backoff"'),
    )
    .option('--questions <file>', 'many questions: one {"id", "question"} a line')
    .addOption(blameOption())
    .addOption(new Option('--by <what>', 'what ranks').choices(['fused', 'memory', 'lexical']).default('fused'))
    .action((words: string[], options: RecallCommand) =>
      run(() => recallCommand(words.length > 0 ? words.join(' ') : undefined, options)),
    ),
);
program.addCommand(
  asked(common(new Command('evidence')))
    .description(
      'Lists what answers a question by itself, without any model: definitions, references, scripts, commits.',
    )
    .argument('<question...>', 'a question in your own words')
    .addOption(kindOption(EVIDENCE_KINDS))
    .addOption(number('--from <n>', 'leave out the first n', 0, 10_000_000))
    .addOption(number('--most <n>', 'list n at most (default: 100)', 1, 100_000))
    .addHelpText(
      'after',
      examples('evidence "Who uses openLedger?"', 'evidence --json "Which environment variables are read?"'),
    )
    .action((words: string[], options: EvidenceCommand) => run(() => evidenceCommand(words.join(' '), options))),
);
program.addCommand(
  common(new Command('stats'))
    .description('What the memory holds, its size, and what was left out and why.')
    .option('--files', 'list every file that was left out, and what is masked in the others')
    .action((options: CommonOptions) => run(() => statsCommand(options))),
);
program.addCommand(
  bare(new Command('memories'))
    .description('Lists the memories on this machine with folder, size, age and last use, and removes some.')
    .addOption(
      new Option('--remove <name>', 'remove this one: its title, folder or name; repeatable').argParser(collect),
    )
    .option('--gone', 'remove those whose folders are not there any more')
    .addOption(number('--unused <days>', 'remove those that were not used for so long', 0, 36_500))
    .option('--yes', 'do it; without it, what would be removed is shown')
    .option('--json', 'print JSON and nothing else')
    .addHelpText('after', examples('memories', 'memories --gone', 'memories --unused 90 --yes'))
    .action((options: MemoriesCommand) => run(() => Promise.resolve(memoriesCommand(options)))),
);
program.addCommand(
  common(new Command('verify'))
    .description('Checks the memory to the last checksum, makes its sums anew, and compares it with the files on disk.')
    .addHelpText(
      'after',
      `${examples('verify', 'verify --json')}\nExit code 0: equal; 1: the output says what differs.`,
    )
    .action((options: CommonOptions) => run(() => verifyCommand(options))),
);
program.addCommand(
  common(new Command('export'))
    .description(
      'Writes the memory to one file, from which a colleague asks at once. It encodes the source: confidential.',
    )
    .argument('<file>', 'the snapshot to write, by custom ending in .imem')
    .option('--no-words', 'leave out the words of the files: smaller, but alone it cannot be searched for words')
    .addHelpText('after', examples('export team.imem', 'export --no-words small.imem'))
    .action((file: string, options: Omit<ExportCommand, 'program'>) =>
      run(() => exportCommand(file, { ...options, program: version() })),
    ),
);
program.addCommand(
  common(new Command('import'))
    .description('Takes over a snapshot of the same repository; `ingest` then encodes only what differs.')
    .argument('<file>', 'a snapshot that `export` wrote')
    .addHelpText('after', examples('import team.imem && ask-codebase ingest'))
    .action((file: string, options: CommonOptions) => run(() => importCommand(file, options))),
);
program.addCommand(
  common(new Command('forget'))
    .description('Takes files out of the memory for good and proves it. Only `ingest --remember` reads them again.')
    .argument('<path...>', 'files and folders, as `recall` shows them')
    .addHelpText('after', examples('forget src/secret.ts', 'forget --json vendor > certificate.json'))
    .action((paths: string[], options: CommonOptions) => run(() => forgetCommand(paths, options))),
);
program.addCommand(
  common(new Command('diff'))
    .description(
      'The signed memory of what changed since a commit, or between two; asks about the changed files alone.',
    )
    .argument('<base>', 'a branch, a tag or a commit')
    .argument('[head]', 'another one; the files on disk when left out')
    .option('--ask <question>', 'answer from the changed files alone')
    .option('--recall <question>', 'rank the changed files alone')
    .addHelpText(
      'after',
      examples('diff main', 'diff v1.2 v1.3 --json', 'diff main --ask "What does this change break?"'),
    )
    .action((base: string, head: string | undefined, options: DiffCommand) =>
      run(() => diffCommand(base, head, options)),
    ),
);
program.addCommand(
  common(new Command('mcp'))
    .description('Serves the memory to an agent over MCP, on standard input and output. It only reads, below --repo.')
    .addHelpText('after', examples('mcp --repo .', 'mcp --repo ../api --repo ../web'))
    .action((options: CommonOptions) =>
      run(async () => {
        // Its protocol's library is loaded by no other command.
        const { mcpCommand } = await import('./mcp.ts');
        return mcpCommand(options);
      }),
    ),
);
program.addCommand(
  bare(new Command('models'))
    .description('The models that write answers. `add` asks before it downloads one.')
    .addHelpText('after', examples('models list', 'models add qwen2.5-coder-1.5b', 'models add ~/Qwen3-4B-Q4_K_M.gguf'))
    .addCommand(
      bare(new Command('list'))
        .description('Lists the models of this machine, and those that can be downloaded.')
        .option('--json', 'print JSON and nothing else')
        .action((options: ModelsCommand) => run(async () => (await models()).modelsListCommand(options))),
    )
    .addCommand(
      agreed(bare(new Command('add')))
        .description('Downloads a model, or takes one over, and lets it answer. Ctrl-C keeps what is done.')
        .argument('<model>', 'a name that `list` shows, a .gguf file, or a folder of safetensors')
        .action((model: string, options: ModelsCommand) =>
          run(async () => (await models()).modelsAddCommand(model, options)),
        ),
    )
    .addCommand(
      bare(new Command('use'))
        .description('Lets a model answer where `ask` is given none.')
        .argument('<name>', 'a name that `list` shows')
        .option('--json', 'print JSON and nothing else')
        .action((name: string, options: ModelsCommand) =>
          run(async () => (await models()).modelsUseCommand(name, options)),
        ),
    )
    .addCommand(
      agreed(bare(new Command('remove')))
        .description('Takes a model off the disk.')
        .argument('<name>', 'a name that `list` shows')
        .action((name: string, options: ModelsCommand) =>
          run(async () => (await models()).modelsRemoveCommand(name, options)),
        ),
    ),
);
program.addCommand(
  bare(new Command('init'))
    .description('Shows the entries with which other programs call the memory over MCP; with --write, writes them.')
    .addArgument(new Argument('[client...]', 'for whom; all where none is given').choices(CLIENTS))
    .addOption(new Option('--repo <path>', 'the folder to ask about (default: this one)').argParser(collect))
    .option('--write', 'write them into the folder; what stands in the files is kept')
    .addHelpText('after', examples('init claude cursor', 'init vscode --write', 'init agents-md --write'))
    .action((clients: ClientName[], options: InitCommand) => run(() => initCommand(clients, options))),
);

await program.parseAsync();

/** What downloads is loaded by no other command. */
function models() {
  return import('./models.ts');
}

function examples(...lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  $ ask-codebase ${line}`).join('\n')}`;
}

function kindOption(kinds: readonly string[]): Option {
  return new Option('--kind <kind>', 'the kind of question (default: as its words say)').choices([...kinds]);
}

function blameOption(): Option {
  return new Option('--blame', 'say who wrote the best lines of each file last, when, and why');
}

/** What can be asked at once, and what part of it. */
function asked(command: Command): Command {
  return command
    .addOption(new Option('--with <file>', 'a snapshot to ask beside the folders; repeatable').argParser(collect))
    .option('--complete', 'embed everything before the question is asked; without it, what is asked about is embedded')
    .addOption(number('--embed-for <s>', 'seconds spent on embedding what is asked about (default: 2)', 0, 3600))
    .option('--at <ref>', 'ask the files of a branch, a tag or a commit, as git has them, in place of those on disk')
    .option('--scope <terms>', 'files to ask, such as "+src -tests"; the last term that matches decides');
}

function collect(value: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), value];
}

/** How every command takes its arguments. */
function bare(command: Command): Command {
  return command
    .configureOutput(usageOutput)
    .showHelpAfterError('Add --help to see what can be given.')
    .exitOverride(usage);
}

function agreed(command: Command): Command {
  return command.option('--yes', 'agree to what would be asked').option('--json', 'print JSON and nothing else');
}

/** The options of every command that opens a folder. */
function common(command: Command): Command {
  return bare(command)
    .addOption(
      new Option(
        '--repo <path>',
        'the folder to ask about (default: this one); `ask` and `recall` take several',
      ).argParser(collect),
    )
    .addOption(
      new Option('--device <device>', 'where the model runs; auto takes the GPU if it proves equal and faster')
        .choices(['auto', 'cpu', 'webgpu'])
        .default('auto'),
    )
    .addOption(number('--threads <n>', 'threads of the CPU', 1, 256))
    .option('--include <glob...>', 'read these although they are ignored, generated, large or lock files')
    .option('--exclude <glob...>', 'exclude these, in the syntax of .gitignore')
    .option('--allow-secrets <glob...>', 'look for no secrets in these files: their text is read as it stands')
    .option('--json', 'print JSON and nothing else');
}

/** Help that was asked for is no error; anything else that commander ends on is wrong usage. */
function usage(error: CommanderError): never {
  process.exit(error.exitCode === 0 ? EXIT.done : EXIT.usage);
}

function number(flags: string, description: string, least: number, most: number): Option {
  return new Option(flags, description).argParser((text) => {
    const value = Number(text);
    if (!(value >= least && value <= most)) throw new InvalidArgumentError(`It must be from ${least} to ${most}.`);
    return value;
  });
}

async function run(command: () => Promise<number>): Promise<void> {
  try {
    process.exitCode = await command();
  } catch (error) {
    const { message, exitCode } = failureOf(error);
    err.rows(message);
    process.exitCode = exitCode;
  }
}

/** A mistake of the program that nothing caught: one sentence too, and the end. */
function fail(error: unknown): never {
  const { message, exitCode } = failureOf(error);
  err.rows(message);
  process.exit(exitCode);
}
