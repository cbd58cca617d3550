import { Stack } from 'usrsctp-wasm';
import * as capture from 'usrsctp-wasm/capture';
import * as simulated from 'usrsctp-wasm/simulated';
import { captured } from '../../golden/captured.js';
import { networkTrace, sha256 } from '../../golden/golden.js';
import { stacksTrace } from '../../golden/stacks.js';
import type { Report, Task } from '../task.js';
import { channels } from './channels.js';
import { reload } from './reload.js';
import { stacks } from './stacks.js';
import { streaming } from './streaming.js';
import { transfer } from './transfer.js';

/** Performs a task, in a page or in a worker, and reports to the site. */
export async function perform(task: Task): Promise<void> {
  try {
    await tell({ event: 'done', result: await done(task) });
  } catch (error) {
    await tell({ event: 'failed', error: `${error}\n${(error as Error).stack}` });
  }
}

async function done(task: Task): Promise<unknown> {
  switch (task.job) {
    case 'transfer':
      return transfer(task, () => tell({ event: 'half' }));
    case 'channels':
      return channels(task, () => tell({ event: 'half' }));
    case 'reload':
      return reload(task);
    case 'golden':
      return {
        network: await sha256(await networkTrace(simulated)),
        stacks: await sha256(await stacksTrace(simulated, Stack)),
      };
    case 'capture': {
      const { file, ...read } = await captured(simulated, Stack, capture);
      return { file: await sha256(file), ...read };
    }
    case 'stacks':
      return stacks(task.messages);
    case 'streaming':
      return streaming();
    case 'eval':
      return new Function('return 1')();
  }
}

async function tell(report: Report): Promise<void> {
  await fetch('/report', { method: 'POST', body: JSON.stringify(report) });
}
