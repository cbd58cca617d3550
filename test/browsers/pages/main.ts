// The page under test: performs its task itself, or in a worker.
import type { Task } from '../task.js';
import { perform } from './perform.js';

for (const kind of ['error', 'unhandledrejection', 'securitypolicyviolation'] as const) {
  addEventListener(kind, (event) => {
    const { message, reason, violatedDirective } = event as ErrorEvent &
      PromiseRejectionEvent &
      SecurityPolicyViolationEvent;
    void fetch('/error', { method: 'POST', body: `${kind}: ${message ?? reason ?? violatedDirective}` });
  });
}

const task: Task = JSON.parse(new URL(location.href).searchParams.get('task') ?? '');
if (task.where === 'page') void perform(task);
else new Worker('/worker.js', { type: 'module' }).postMessage(task);
