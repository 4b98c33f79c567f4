/** Whether the tests that need the lab run: always in CI, where a missing lab is a failure; elsewhere they are skipped with a clear line. */
import { dockerLabObstacle } from './dockerd.ts';
import { processLabObstacle } from './rootfs.ts';
import type { LabKind } from './settings.ts';

/**
 * For `describe.skipIf(!requireLab('process'))`.
 * @returns true when the lab can be brought up, or must be (`CALLSURGE_REQUIRE_LAB=1`); else prints why not and returns false.
 */
export function requireLab(kind: LabKind = 'process'): boolean {
  if (process.env.CALLSURGE_REQUIRE_LAB === '1') return true;
  const obstacle = kind === 'docker' ? dockerLabObstacle() : processLabObstacle();
  if (obstacle === null) return true;
  console.error(`skipped: tests against the ${kind} lab (${obstacle}); CALLSURGE_REQUIRE_LAB=1 makes that a failure`);
  return false;
}
