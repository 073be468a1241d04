import { Command, InvalidArgumentError, Option } from 'commander';
import type { CommanderError } from 'commander';
import { askCommand } from './terminal/ask.ts';
import type { AskCommand } from './terminal/ask.ts';
import { failureOf } from './terminal/failure.ts';
import { ingestCommand } from './terminal/ingest.ts';
import { recallCommand } from './terminal/recall.ts';
import type { RecallCommand } from './terminal/recall.ts';
import { EXIT } from './terminal/session.ts';
import type { CommonOptions } from './terminal/session.ts';
import { statsCommand } from './terminal/stats.ts';

const program = new Command('ask-codebase')
  .description('Questions about a codebase, answered on this machine from a memory of all its files.')
  .exitOverride(usage);

program.addCommand(
  common(new Command('ask'))
    .description('Reads what changed, shows what the memory points to, and answers with checked citations.')
    .argument('<question...>', 'a question in your own words')
    .addOption(number('--temperature <t>', 'sample instead of taking the likeliest token', 0, 2))
    .addOption(number('--seed <n>', 'makes a sampled answer repeatable', 0, 2 ** 32))
    .addOption(number('--max-tokens <n>', 'length of the answer', 1, 4096))
    .action((words: string[], options: AskCommand) => run(() => askCommand(words.join(' '), options))),
);
program.addCommand(
  common(new Command('ingest'))
    .description('Reads what is new or changed into the memory. Ctrl-C keeps what is done.')
    .action((options: CommonOptions) => run(() => ingestCommand(options))),
);
program.addCommand(
  common(new Command('recall'))
    .description('Ranks files and lines for a question, without generating an answer.')
    .argument('[question...]', 'a question in your own words')
    .option('--questions <file>', 'many questions: one {"id", "question"} a line')
    .addOption(new Option('--by <what>', 'what ranks').choices(['fused', 'memory', 'lexical']).default('fused'))
    .action((words: string[], options: RecallCommand) =>
      run(() => recallCommand(words.length > 0 ? words.join(' ') : undefined, options)),
    ),
);
program.addCommand(
  common(new Command('stats'))
    .description('What the memory holds, its size, and what was left out and why.')
    .option('--files', 'list every file that was left out')
    .action((options: CommonOptions) => run(() => statsCommand(options))),
);

await program.parseAsync();

/** The options of every command. */
function common(command: Command): Command {
  return command
    .showHelpAfterError('Add --help to see what can be given.')
    .exitOverride(usage)
    .option('--repo <path>', 'the folder to ask about', process.cwd())
    .addOption(
      new Option('--device <device>', 'where the model runs; auto takes the GPU if it proves equal and faster')
        .choices(['auto', 'cpu', 'webgpu'])
        .default('auto'),
    )
    .addOption(number('--threads <n>', 'threads of the CPU', 1, 256))
    .option('--include <glob...>', 'read these although an ignore file leaves them out')
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
    const { sentence, exitCode } = failureOf(error);
    process.stderr.write(`${sentence}\n`);
    process.exitCode = exitCode;
  }
}
