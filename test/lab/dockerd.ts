export function dockerLabObstacle(): string | null {
  return 'not yet';
}
