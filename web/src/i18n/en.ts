// The page's words. English names the keys; the other languages must have them all. {n} and the like are filled in.
// No button's name may contain that of another: tests and screen reader users find buttons by their names.
export const en = {
  chooseLanguage: 'Which language will you speak?',
  waiting: '{n} sentences',
  otherLanguage: 'Another language',
  languageCode: 'Language code, for example sw',
  go: 'Go on',
  changeLanguage: 'Change language',
  pageLanguage: 'Words of this page',

  consentTitle: 'Before you lend us your voice',
  consentWhat:
    'You read sentences aloud. The sound of your voice goes to the people who run this collection.',
  consentWhy: 'They may share it openly, so that phones and computers learn to understand your language.',
  consentWho: 'We do not ask for your name. A random number, made on this phone, stands for you.',
  consentWhen: 'You may end at any time. What you have not sent stays on this phone, and you can delete it.',
  agree: 'I agree',
  disagree: 'If you do not agree, just close this page. Nothing is kept.',

  record: 'Record',
  stop: 'Stop',
  send: 'Send',
  skip: 'Skip',
  listen: 'Listen',
  pause: 'Pause',
  again: 'Try again',
  delete: 'Delete',
  download: 'Download',
  keep: 'Keep it now',

  sentence: 'The sentence to read',
  idle: 'Read the sentence first. Then press the button and say it aloud.',
  opening: 'Opening the microphone …',
  recording: 'Now read it aloud.',
  saving: 'One moment …',
  review: 'Kept on this phone. Listen, then send it.',
  resumed: 'This is from your last visit. It is on this phone, not sent yet.',
  short: 'That was very short. Listen before you send it.',
  quiet: 'We hardly heard you. Listen before you send it.',
  secondsLeft: '{n} s left',

  asking: 'Getting a sentence …',
  noneTitle: 'All sentences are taken',
  none: 'Thank you! New ones come again and again. We keep looking; you need not do anything.',
  awayTitle: 'We cannot be reached',
  away: 'Perhaps the line is bad. We try again and again; you need not do anything.',
  notOffered: 'This language is not offered here',

  onPhone: 'On this phone',
  arrived: 'Arrived',
  thanks: 'Arrived. Thank you!',
  onItsWay: 'On its way. Until it arrives it stays on this phone.',
  notYet: 'No line to us at the moment. Your voice is safe on this phone and goes out by itself.',
  refusedNews: 'One was not accepted. It is still on this phone: see below.',
  stateWaiting: 'waits for the line',
  stateSending: 'is going out',
  stateUnsent: 'not sent yet',
  stateRefused: 'not accepted',
  refusedBecause: 'Not accepted ({n}): {why}',
  trayEmpty: 'Nothing is waiting on this phone.',

  insecure:
    'The browser gives the microphone only to pages whose address begins with https. Ask for that address.',
  denied:
    'The microphone is not allowed for this page. Tap the sign beside the address, allow it, and try again.',
  missing: 'No microphone was found. Plug one in or use another phone.',
  busy: 'Another app is using the microphone. Close it and try again.',
  unsupported: 'This browser cannot capture sound. Please use a newer one, such as Chrome or Firefox.',
  nothing: 'No sound came from the microphone. Please try again.',
  tooMany: 'Very many are waiting on this phone. Wait until they have gone out.',
  full: 'This phone is full, and your voice is not kept yet. Make room, then press the button. Do not close this page.',
  storage: 'This browser did not keep your voice. Press the button to try once more. Do not close this page.',
  noStorage:
    'This browser does not let the page keep anything, so your voice could be lost. Please leave private mode or use another browser.',
};

export type Words = typeof en;
