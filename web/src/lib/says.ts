// What the page tells the person, from what it knows: one line, the most useful one.
import type { Words } from '../i18n/en';
import { advice } from './sound';
import type { View } from './studio';

export type Tone = 'plain' | 'good' | 'care';

export interface Saying {
  readonly word: keyof Words;
  readonly tone: Tone;
}

export function says(view: View): Saying {
  const { phase } = view;
  switch (phase.at) {
    case 'opening':
    case 'recording':
    case 'saving':
      return plain(phase.at);
    case 'unsaved':
      return care(phase.problem);
    case 'review':
      return phase.problem ? care(phase.problem) : ofReview(view);
    case 'idle':
      return phase.problem ? care(phase.problem) : ofIdle(view);
  }
}

function ofReview({ phase, take }: View): Saying {
  const hint = take && advice(take.durationMs, take.peaks);
  if (hint) return care(hint);
  return plain(phase.at === 'review' && phase.from === 'earlier' ? 'resumed' : 'review');
}

function ofIdle({ news, kept, sentence }: View): Saying {
  const waiting = kept.takes.some((take) => take.state === 'queued');
  if (news?.kind === 'refused') return care('refusedNews');
  if (waiting) return news?.kind === 'away' ? care('notYet') : plain('onItsWay');
  if (news?.kind === 'arrived') return { word: 'thanks', tone: 'good' };
  return plain(sentence ? 'idle' : 'asking');
}

const plain = (word: keyof Words): Saying => ({ word, tone: 'plain' });
const care = (word: keyof Words): Saying => ({ word, tone: 'care' });
