/**
 * `plan --letter`: the application that a vendor must have before load is sent (压测申请函). What it says comes from the plan and the profile, so that
 * what was asked for and what is run cannot differ.
 */
import type { VendorProfile } from '../vendor/profile.ts';

export type LetterLanguage = 'en' | 'zh-CN';

export interface LetterFigures {
  scenario: string;
  title: string;
  totalMinutes: number;
  peakCallsPerSecond: number;
  peakChannels: number;
  calls: number;
  callMinutes: number;
  mbitPerSecond: number;
  sources: string[];
  faults: string[];
  scaling: string[];
}

/** @param date ISO date of the letter. */
export function letter(figures: LetterFigures, vendor: VendorProfile, language: LetterLanguage, date: string): string {
  return (language === 'zh-CN' ? chinese : english)(figures, vendor, date);
}

const n = (value: number, digits = 0) => value.toFixed(digits);

function hoursOf(vendor: VendorProfile, always: string): string {
  const { hours, timezone } = vendor.contract;
  if (!hours || hours.length === 0) return always;
  return hours.map((h) => `${h.days?.join(',') ?? ''} ${h.from}–${h.to}`.trim()).join('; ') + (timezone ? ` (${timezone})` : '');
}

function english(f: LetterFigures, vendor: VendorProfile, date: string): string {
  const { contract } = vendor;
  return `Application for a load test
${date}

To: ${contract.contact.name}, ${vendor.title ?? vendor.name}

We ask for written permission to run the following test against the trial environment.

1. Scenario: ${f.scenario}${f.title ? ` (${f.title})` : ''}
2. Length: ${n(f.totalMinutes, 1)} minutes; ${f.calls} calls, about ${n(f.callMinutes)} call minutes
3. Largest load: ${n(f.peakCallsPerSecond, 1)} calls/s, about ${n(f.peakChannels)} concurrent channels, ${n(f.mbitPerSecond, 1)} Mbit/s each way
4. Caps that our tool enforces: ${contract.maxCallsPerSecond} calls/s, ${contract.maxChannels} channels
5. Targets: ${contract.targets.join(', ')}
6. Numbers dialled: ${contract.called.join(', ')}; caller numbers presented: ${contract.callers.join(', ')}
7. Source addresses: ${f.sources.join(', ')} (please put them on your whitelist)
8. Hours: ${hoursOf(vendor, 'to be agreed')}
9. Faults that we ask you to cause or allow: ${f.faults.join('; ') || 'none'}
10. Scaling: ${f.scaling.join('; ') || 'none'}
11. Calls beyond a cap are not sent. The test ends at once when you ask for it; calls still open are then hung up.
12. Contact at the vendor during the test: ${[contract.contact.name, contract.contact.phone, contract.contact.email].filter(Boolean).join(', ')}

Emergency numbers and numbers outside item 6 are never dialled. No customer data is used.
The record of the test (every call with its times) and the report will be given to you.

Permission (reference): ${contract.permission ?? '________________'}    Valid until: ${contract.validUntil ?? '____________'}
Signature of the vendor: ________________    Date: ____________
`;
}

function chinese(f: LetterFigures, vendor: VendorProfile, date: string): string {
  const { contract } = vendor;
  return `压测申请函
${date}

致：${vendor.title ?? vendor.name}　${contract.contact.name}

我方申请在贵方试用环境进行以下压力测试，请书面许可。

一、测试场景：${f.scenario}${f.title ? `（${f.title}）` : ''}
二、时长与规模：${n(f.totalMinutes, 1)} 分钟，共 ${f.calls} 通呼叫，约 ${n(f.callMinutes)} 通话分钟
三、最大负载：每秒 ${n(f.peakCallsPerSecond, 1)} 通，并发约 ${n(f.peakChannels)} 路，单向带宽约 ${n(f.mbitPerSecond, 1)} Mbit/s
四、工具强制执行的上限：每秒 ${contract.maxCallsPerSecond} 通，并发 ${contract.maxChannels} 路
五、目标地址：${contract.targets.join('、')}
六、被叫号码：${contract.called.join('、')}；主叫号码：${contract.callers.join('、')}
七、源地址：${f.sources.join('、')}（请加入白名单）
八、测试时段：${hoursOf(vendor, '待双方商定')}
九、请贵方配合或允许的故障演练：${f.faults.join('；') || '无'}
十、扩容演练：${f.scaling.join('；') || '无'}
十一、超出上限的呼叫不会发出；贵方要求停止时立即停止，未结束的呼叫将全部挂断。
十二、测试期间贵方联系人：${[contract.contact.name, contract.contact.phone, contract.contact.email].filter(Boolean).join('，')}

本测试绝不拨打紧急号码及第六项以外的号码，不使用任何客户数据。
测试记录（每通呼叫及其时间点）与报告将提供给贵方。

许可编号：${contract.permission ?? '________________'}　有效期至：${contract.validUntil ?? '____________'}
贵方签章：________________　日期：____________
`;
}
