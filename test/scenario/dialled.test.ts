import { expect, it } from 'vitest';
import { literalNumbers } from '../../src/scenario/dialled.ts';

it('finds the numbers that a text dials, each once', () => {
  const source = `
    const call = await dial('4001000000', { vip: true });
    await dial( "main" ); await dial(\`4001000000\`); await dial(number); redial('5'); await dial(\`400\${x}\`);`;
  expect(literalNumbers(source)).toEqual(['4001000000', 'main']);
});
