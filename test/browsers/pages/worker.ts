// The dedicated worker under test.
import type { Task } from '../task.js';
import { perform } from './perform.js';

addEventListener('message', ({ data }: MessageEvent<Task>) => void perform(data));
