import * as vscode from 'vscode';
import { BUILT_IN_CHOICE, choiceText, chosenModel } from '../../answer-model/chosen-model.ts';
import type { ServerChoice } from '../../answer-model/chosen-model.ts';
import { archiveBytes, CATALOG } from '../../answer-model/catalog.ts';
import { BUILT_IN } from '../../answer-model/engine-model.ts';
import type { FoundServer } from '../../answer-model/found-servers.ts';
import type { LocalModel } from '../../answer-model/local-models.ts';
import { servedModel } from '../../answer-model/server-failure.ts';
import { amounts } from '../../common/number-format.ts';
import { isAppError } from '../../common/app-error.ts';
import type { ServiceClient } from '../../service/client.ts';
import { confirm } from '../notice.ts';
import { readSettings, section } from '../settings.ts';
import { shown } from '../shown.ts';
import { addModel, addModelFile } from './added-model.ts';
import type { AnswererSettings } from './answerer.ts';
import { editorModels } from './editor-models.ts';
import { tryAgain } from './try-again.ts';

/** Tokens below which a context holds few lines of files: a server's usual one is often such. */
const SMALL_CONTEXT = 8_192;

interface Item extends vscode.QuickPickItem {
  /** The line that the setting holds, or one of those below. */
  readonly choice?: string;
}

// No name of a model has a colon, so that these are none. The last two stand before a name.
const OTHER = 'other:';
const FILE = 'file:';
const DOWNLOAD = 'download:';
const REMOVE = 'remove:';

/** *Choose Answer Model…*: what there is is looked for while the list is open, and at no other time. */
export class ModelPicker {
  readonly #service: ServiceClient;
  readonly #answerers: AnswererSettings;

  constructor(service: ServiceClient, answerers: AnswererSettings) {
    this.#service = service;
    this.#answerers = answerers;
  }

  async choose(): Promise<void> {
    const chosen = await this.#pick();
    if (chosen === undefined) return;
    if (chosen.startsWith(REMOVE)) {
      await this.#remove(chosen.slice(REMOVE.length));
      return;
    }
    const text = await this.#named(chosen);
    if (text === undefined) return;
    const choice = chosenModel(text);
    const isUsable =
      (await this.#answerers.agree(choice)) && (choice.kind !== 'server' || (await this.#checked(choice)));
    // The model before stays in use.
    if (!isUsable) return;
    await use(choiceText(choice));
  }

  /** Takes an added model off the machine once its user agrees; the built-in one answers where that one did. */
  async #remove(name: string): Promise<void> {
    const detail = vscode.l10n.t('Its files are deleted. It can be added again.');
    const model = (await this.#service.localModels()).find((found) => found.name === name);
    const question = vscode.l10n.t('Remove {0} from this machine?', model?.title ?? name);
    if (!(await confirm(question, vscode.l10n.t('Remove'), detail))) return;
    await this.#service.removeModel(name);
    if (readSettings().answerModel === name) await use(BUILT_IN_CHOICE);
  }

  /** The line for the setting; what is not there yet is asked for, or added. */
  async #named(chosen: string): Promise<string | undefined> {
    if (chosen === OTHER) return this.#askAddress();
    if (chosen === FILE) return addModelFile(this.#service);
    const download = CATALOG.find(({ name }) => DOWNLOAD + name === chosen);
    return download ? addModel(this.#service, download.name) : chosen;
  }

  #pick(): Promise<string | undefined> {
    const picker = vscode.window.createQuickPick<Item>();
    const stop = new AbortController();
    const now = readSettings().answerModel;
    let local: readonly LocalModel[] = [];
    let servers: readonly FoundServer[] = [];
    let models: readonly vscode.LanguageModelChat[] = [];
    let listed = '';
    const list = () => {
      const found = items(now, local, servers, models);
      // A list that is drawn anew under a hand loses its click, so it is drawn only where something came in.
      const text = JSON.stringify(found);
      if (text === listed) return;
      listed = text;
      const [active] = picker.activeItems;
      picker.keepScrollPosition = true;
      picker.items = found;
      // What comes in later does not move the choice under its user's hand.
      if (active) picker.activeItems = picker.items.filter(({ choice }) => choice === active.choice);
    };
    list();
    picker.title = vscode.l10n.t('Who answers?');
    picker.placeholder = vscode.l10n.t('Looking for models on this machine and in the editor');
    picker.matchOnDescription = true;
    picker.busy = true;
    const looking = Promise.allSettled([
      this.#service.localModels().then((found) => {
        local = found;
        list();
      }),
      this.#service.servers(stop.signal).then((found) => {
        servers = found;
        list();
      }),
      editorModels().then((found) => {
        models = found;
        list();
      }),
    ]);
    void looking.then(() => {
      picker.busy = false;
      picker.placeholder = vscode.l10n.t('The model that writes answers; files are found by the built-in one always');
    });
    picker.show();
    return new Promise((resolve) => {
      picker.onDidTriggerItemButton(({ item }) => {
        resolve(item.choice === undefined ? undefined : REMOVE + item.choice);
        picker.hide();
      });
      picker.onDidAccept(() => {
        const [item] = picker.selectedItems;
        // The list was drawn anew in the same moment: it stays open for another try.
        if (item === undefined) return;
        resolve(item.choice);
        picker.hide();
      });
      picker.onDidHide(() => {
        stop.abort();
        picker.dispose();
        resolve(undefined);
      });
    });
  }

  async #askAddress(): Promise<string | undefined> {
    return vscode.window.showInputBox({
      title: vscode.l10n.t('Address of a server that speaks OpenAI’s chat completions'),
      placeHolder: 'http://localhost:8080#MODEL',
      ignoreFocusOut: true,
      validateInput: (text) => {
        try {
          return chosenModel(text).kind === 'server'
            ? undefined
            : vscode.l10n.t('Write it like http://localhost:8080#MODEL.');
        } catch (error) {
          return isAppError(error) ? error.editorText : String(error);
        }
      },
    });
  }

  /** Whether the server answers and has the model, with a key where it wants one; false where its user gives up. */
  async #checked(choice: ServerChoice): Promise<boolean> {
    return (await tryAgain(() => this.#asked(choice))) === true;
  }

  /** Throws `answer-model/…` where the server does not answer, or has another model. */
  async #asked(choice: ServerChoice): Promise<boolean> {
    const { baseUrl, address, model } = choice;
    const ask = (key: string | undefined) => this.#service.serverCard({ baseUrl, model, key });
    let card = await ask(await this.#answerers.keyFor(choice));
    if (card.kind === 'key') {
      const key = await vscode.window.showInputBox({
        title: vscode.l10n.t('Key for {0}', shown(address)),
        prompt: vscode.l10n.t('It is kept in the editor’s secret storage and sent to this address alone.'),
        password: true,
        ignoreFocusOut: true,
      });
      if (key === undefined || key === '') return false;
      card = await ask(key);
      if (card.kind === 'card') await this.#answerers.keep(choice, key);
    }
    servedModel(card, choice);
    return true;
  }
}

function items(
  now: string,
  local: readonly LocalModel[],
  servers: readonly FoundServer[],
  models: readonly vscode.LanguageModelChat[],
): Item[] {
  const marked = (item: Item & { readonly choice: string }): Item => ({
    ...item,
    label: `$(${item.choice === now ? 'check' : 'blank'}) ${item.label}`,
  });
  const builtIn = {
    label: BUILT_IN,
    description: vscode.l10n.t('built in'),
    detail: vscode.l10n.t('Always there. Nothing leaves this machine.'),
    choice: BUILT_IN_CHOICE,
  };
  const added = local.map(({ name, title, bytes }) =>
    marked({
      label: shown(title),
      // Two files of one model may call themselves the same.
      description: shown(`${name}, ${amounts(vscode.env.language).bytes(bytes)}`),
      choice: name,
      buttons: [{ iconPath: new vscode.ThemeIcon('trash'), tooltip: vscode.l10n.t('Remove from this machine') }],
    }),
  );
  const served = servers.flatMap(({ name, address, models: own }): Item[] => [
    separator(`${name}, ${address}`),
    ...own.map(({ id, choice, contextTokens }) => marked({ label: shown(id), choice, ...contextOf(contextTokens) })),
  ]);
  const offered = models.map(({ name, vendor, id }) =>
    marked({
      label: shown(name),
      description: shown(vendor),
      detail: shown(vscode.l10n.t('Questions and lines of your files are sent to {0} through the editor.', vendor)),
      choice: choiceText({ kind: 'editor', vendor, id }),
    }),
  );
  const downloads = CATALOG.filter(({ name }) => !local.some((model) => model.name === name)).map(
    ({ name, title, maker, license, parts }): Item => ({
      label: `$(cloud-download) ${vscode.l10n.t('Download {0}…', title)}`,
      description: amounts(vscode.env.language).bytes(archiveBytes(parts)),
      detail: vscode.l10n.t('By {0}, license {1}. You are asked before anything is downloaded.', maker, license),
      choice: DOWNLOAD + name,
    }),
  );
  return [
    marked(builtIn),
    ...(added.length > 0 ? [separator(vscode.l10n.t('On this machine')), ...added] : []),
    ...served,
    ...(offered.length > 0 ? [separator(vscode.l10n.t('Models of the editor')), ...offered] : []),
    separator(''),
    ...downloads,
    { label: `$(add) ${vscode.l10n.t('Add a model file (GGUF)…')}`, choice: FILE },
    { label: `$(link) ${vscode.l10n.t('Enter an address…')}`, choice: OTHER },
  ];
}

/** The setting is its user's own: no folder can set it. */
async function use(choice: string): Promise<void> {
  await vscode.workspace.getConfiguration(section).update('answerModel', choice, vscode.ConfigurationTarget.Global);
}

/** A small context is said before it is met as a short answer. */
function contextOf(tokens: number | undefined): Pick<Item, 'description' | 'detail'> {
  if (tokens === undefined) return {};
  const description = vscode.l10n.t('reads {0} tokens', amounts(vscode.env.language).count(tokens));
  if (tokens >= SMALL_CONTEXT) return { description };
  return { description, detail: vscode.l10n.t('Few lines of files fit. Give it a longer context where you start it.') };
}

const separator = (label: string): Item => ({ label: shown(label), kind: vscode.QuickPickItemKind.Separator });
