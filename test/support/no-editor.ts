import type { Handlers } from '../../src/common/rpc/server.ts';
import type { HostCalls } from '../../src/service/protocol.ts';

/** The host of a thread that no editor has started. */
export const noEditor: Handlers<HostCalls> = {
  describeModel: () => Promise.reject(new Error('There is no editor here.')),
  generate: () => Promise.reject(new Error('There is no editor here.')),
};
