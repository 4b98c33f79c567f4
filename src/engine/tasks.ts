/**
 * A run is a list of tasks: each is set up in turn, and those that were are taken down in the opposite order, whatever happened in between
 * (Playwright's runner works like this). A take-down that fails is told and never keeps the next from happening.
 */
export interface Task {
  name: string;
  setup(): Promise<void>;
  teardown?(): Promise<void>;
}

export interface TaskHooks {
  /** Asked before each set-up: true ends the going forward. */
  stopped(): boolean;
  began?(task: string): void;
  ended?(task: string): void;
  teardownFailed(task: string, thrown: unknown): void;
}

/** @throws what a set-up threw, after everything set up before it has been taken down. */
export async function runTasks(tasks: readonly Task[], hooks: TaskHooks): Promise<void> {
  const up: Task[] = [];
  try {
    for (const task of tasks) {
      if (hooks.stopped()) break;
      hooks.began?.(task.name);
      // Also one whose set-up fails is taken down: it may have got half-way.
      up.push(task);
      await task.setup();
    }
  } finally {
    for (const task of up.reverse()) {
      try {
        await task.teardown?.();
      } catch (thrown) {
        hooks.teardownFailed(task.name, thrown);
      }
      hooks.ended?.(task.name);
    }
  }
}
