// Keys for those who work through calls all day. Never inside a field, never with Ctrl, Alt or Meta.
const OFF = /(?:^|; )keys=off(?:;|$)/;
const FIELDS = 'input:not([type=checkbox]), select, textarea, [contenteditable], [role=textbox]';
const here = () => document.activeElement.closest('[data-call]');

function moveRow(by) {
  const rows = [...document.querySelectorAll('main [data-call]')];
  const at = rows.indexOf(here());
  rows[at < 0 ? 0 : Math.min(Math.max(at + by, 0), rows.length - 1)]?.querySelector('a').focus();
}

function moveCall(rel) {
  document.querySelector(`main .page-head a[rel=${rel}]`)?.click();
}

const LIST = {
  j: () => moveRow(1),
  k: () => moveRow(-1),
  x: () => here()?.querySelector('input[name=call]')?.click(),
};
const CALL = {
  j: () => moveCall('next'),
  k: () => moveCall('prev'),
  r: () => document.getElementById('work-mark')?.click(),
  n: () => document.getElementById('work-text')?.focus(),
};
const ALL = {
  '/': () => (document.querySelector('main input[type=search]') ?? document.getElementById('find')).focus(),
  '?': () => document.getElementById('keys')?.showModal(),
};

document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing || event.defaultPrevented) return;
  if (OFF.test(document.cookie) || document.querySelector('dialog[open], :popover-open') || event.target.closest?.(FIELDS)) return;
  const onCall = document.getElementById('work') !== null;
  const key = event.key.toLowerCase();
  if ((onCall && event.repeat) || (event.shiftKey && !(key in ALL))) return;
  const act = ALL[key] ?? (onCall ? CALL : LIST)[key];
  if (!act) return;
  event.preventDefault();
  act();
});

// Who dictates, or has other uses for the keys, turns them off on this device.
const choice = document.getElementById('keys-on');
if (choice) choice.checked = !OFF.test(document.cookie);
document.addEventListener('change', (event) => {
  if (event.target.id !== 'keys-on') return;
  const kept = event.target.checked ? 'keys=;max-age=0' : 'keys=off;max-age=31536000';
  document.cookie = `${kept};path=/;samesite=lax`;
});

// How many calls are ticked.
document.addEventListener('change', (event) => {
  const words = document.querySelector('.ticked .savenote');
  if (!words || event.target.name !== 'call') return;
  words.textContent = `Ticked calls: ${document.querySelectorAll('input[name=call]:checked').length}`;
});
