/// <reference types="vscode-webview" />
import '@vscode/codicons/dist/codicon.css';
import './chat.css';
import { ChatPage } from './page.ts';

const frame = acquireVsCodeApi();
const page = new ChatPage(document.body, {
  post: (message) => {
    frame.postMessage(message);
  },
  getState: () => frame.getState(),
  setState: (state) => {
    frame.setState(state);
  },
});
window.addEventListener('message', (event) => {
  page.receive(event.data);
});
