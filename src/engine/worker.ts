/** Entry of a worker thread: nothing but the wiring. */
import { parentPort, workerData } from 'node:worker_threads';
import { channelOver } from './channel.ts';
import type { WorkerInit } from './worker-init.ts';
import { startSession } from './worker-session.ts';

if (!parentPort) throw new Error('engine/worker.ts runs in a worker thread');
const port = parentPort;
await startSession(workerData as WorkerInit, channelOver(port), () => port.close());
