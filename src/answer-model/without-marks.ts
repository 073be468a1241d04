/**
 * How the common chat templates mark who speaks and where a turn ends. A server reads these marks wherever they stand:
 * ChatML and Llama 3 (`<|im_end|>`), DeepSeek (`<｜User｜>`), Gemma (`<end_of_turn>`), Llama 2 and Mistral (`[INST]`,
 * `</s>`), and what reasoning and tools are put between.
 */
const MARKS =
  /(?<=[<[])(?=[|｜]|\/?(?:start_of_turn|end_of_turn|s>|s\]|bos>|eos>|pad>|unk>|INST\]|SYS|AVAILABLE_TOOLS|TOOL_|think>|tool_call))/gu;

/**
 * The text with a blank in each mark, so that it means nothing: a file must not be able to end its reader's turn and
 * speak as the user. This program's engine needs no such change, because its tokenizer tells marks from text.
 */
export function withoutMarks(text: string): string {
  return text.replace(MARKS, ' ');
}
