import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { junitXml } from '../../src/report/junit.ts';
import { fixture } from './fixture.ts';

const cases = (xml: string) =>
  [...xml.matchAll(/<testcase classname="([^"]*)" name="([^"]*)" time="0"(?:\/>|><(\w+))/g)].map(([, suite, name, result]) => [
    suite,
    name,
    result ?? 'ok',
  ]);

/** A small XML reader: enough to say whether the text is well-formed. */
function wellFormed(xml: string): boolean {
  const open: string[] = [];
  let rest = xml.replace(/^<\?xml [^?]*\?>\s*/, '');
  while (rest !== '') {
    const text = /^[^<&]+/.exec(rest) ?? /^&(?:amp|lt|gt|quot|#39|#96);/.exec(rest);
    const tag = /^<(\/?)(\w+)((?: \w+="[^"<]*")*)(\/?)>/.exec(rest);
    const next = text ?? tag;
    if (!next) return false;
    if (tag) {
      if (/&(?!(?:amp|lt|gt|quot|#39|#96);)/.test(tag[3]!)) return false;
      if (tag[1]) {
        if (open.pop() !== tag[2]) return false;
      } else if (!tag[4]) open.push(tag[2]!);
    }
    rest = rest.slice(next[0].length);
  }
  return open.length === 0;
}

describe('junit.xml', () => {
  const xml = junitXml(fixture());

  it('has a case for the run, each claim and each threshold', () => {
    expect(cases(xml).map(([suite, , result]) => `${suite} ${result}`)).toEqual([
      'callsurge.run ok',
      'callsurge.claims ok',
      'callsurge.claims failure',
      'callsurge.claims failure',
      'callsurge.claims ok',
      'callsurge.claims skipped',
      'callsurge.claims ok',
      'callsurge.claims skipped',
      'callsurge.thresholds ok',
      'callsurge.thresholds failure',
      'callsurge.thresholds failure',
    ]);
    expect(xml).toContain(
      '<testsuites name="20261111-000000-midnight-spike-vendor-a" tests="11" failures="4" errors="0" skipped="2" time="194.000">',
    );
    expect(wellFormed(xml)).toBe(true);
  });

  it('fails an undecided veto claim, and a run that supports no verdict', () => {
    const analysis = fixture();
    for (const verdict of analysis.verdicts) verdict.veto = true;
    analysis.validity = { ...analysis.validity, valid: false, reasons: ['mostly-unhealthy'] };
    const results = cases(junitXml(analysis, 'zh-CN'));
    expect(results.filter(([, , result]) => result === 'skipped')).toEqual([]);
    expect(results[0]![2]).toBe('error');
    expect(junitXml(analysis, 'zh-CN')).toContain('超过一半的秒数内测试仪处于异常状态');
  });

  it('stays well-formed whatever the names are', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const analysis = fixture();
        analysis.meta.run = text;
        analysis.thresholds[0]!.metric = text;
        for (const verdict of analysis.verdicts) verdict.why = text;
        expect(wellFormed(junitXml(analysis))).toBe(true);
      }),
    );
  });
});
