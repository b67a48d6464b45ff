// The recording beside its transcript: a turn is heard by a click, and the one that plays is shown.
const player = document.getElementById('player');
const audio = player.querySelector('audio');
const wave = player.querySelector('[data-wave]');
const KEYS_OFF = /(?:^|; )keys=off(?:;|$)/;
const NOT_A_TURN = 'a, button, summary, details, input, select, textarea, label';
const OWN_KEYS = `${NOT_A_TURN}, audio, [contenteditable], [role=textbox], [role=region], dialog`;
let following = true;
let current = null;

const turns = () => [...document.querySelectorAll('li[data-s]')];
const length = () => (Number.isFinite(audio.duration) ? audio.duration : Number(player.dataset.seconds));

function seek(seconds, play) {
  following = true;
  audio.currentTime = Math.max(0, Math.min(seconds, length()));
  if (play) audio.play().catch(() => {});
  show();
}

function turnAt(seconds) {
  let found = null;
  for (const turn of turns()) {
    if (Number(turn.dataset.s) > seconds + 0.05) continue;
    if (!found || Number(turn.dataset.s) >= Number(found.dataset.s)) found = turn;
  }
  return found;
}

function mark(turn) {
  if (turn === current) return;
  current?.classList.remove('playing');
  current?.removeAttribute('aria-current');
  current = turn;
  if (!turn) return;
  turn.classList.add('playing');
  turn.setAttribute('aria-current', 'true');
  if (following && !audio.paused) turn.scrollIntoView({ block: 'nearest' });
}

const clock = player.querySelector('[data-clock]');
const whole = clock.textContent;
function time(seconds) {
  const parts = [seconds / 3600, (seconds / 60) % 60, seconds % 60].map((part) => String(Math.floor(part)).padStart(2, '0'));
  return (seconds < 3600 ? parts.slice(1) : [String(Math.floor(seconds / 3600)), ...parts.slice(1)]).join(':');
}

function show() {
  clock.textContent = `${time(audio.currentTime)} / ${whole}`;
  mark(audio.paused && audio.currentTime === 0 ? null : turnAt(audio.currentTime));
  if (!wave) return;
  const share = `${Math.min(100, (100 * audio.currentTime) / length()).toFixed(2)}%`;
  wave.querySelector('.played').setAttribute('width', share);
  const head = wave.querySelector('.head');
  head.setAttribute('x1', share);
  head.setAttribute('x2', share);
}

for (const name of ['timeupdate', 'seeking', 'play', 'pause', 'ended']) audio.addEventListener(name, show);
audio.addEventListener('play', () => { following = true; });
// Whoever scrolls wants to read elsewhere.
for (const name of ['wheel', 'touchmove']) {
  addEventListener(name, () => { following = false; }, { passive: true });
}

document.addEventListener('click', (event) => {
  const turn = event.target.closest('li[data-s]');
  if (!turn || event.target.closest(NOT_A_TURN) || !getSelection().isCollapsed) return;
  seek(Number(turn.dataset.s), true);
});

wave?.addEventListener('click', (event) => {
  const moment = event.target.closest('a[data-at]');
  if (moment) return seek(Number(moment.dataset.at), true);
  const box = wave.getBoundingClientRect();
  return seek(((event.clientX - box.left) / box.width) * length(), !audio.paused);
});

const speed = player.querySelector('[data-speed]');
function setSpeed() {
  audio.playbackRate = audio.defaultPlaybackRate = Number(speed.value);
}
const kept = sessionStorage.getItem('speed');
if ([...speed.options].some((option) => option.value === kept)) speed.value = kept;
setSpeed();
speed.addEventListener('change', () => {
  setSpeed();
  sessionStorage.setItem('speed', speed.value);
});

function nextTurn(by) {
  const all = turns().sort((a, b) => a.dataset.s - b.dataset.s);
  const at = all.indexOf(turnAt(audio.currentTime));
  const turn = all[Math.max(0, Math.min(at + by, all.length - 1))];
  if (turn) seek(Number(turn.dataset.s), !audio.paused);
}

const KEYS = {
  ' ': () => (audio.paused ? audio.play().catch(() => {}) : audio.pause()),
  ArrowLeft: (far) => (far ? nextTurn(-1) : seek(audio.currentTime - 5, false)),
  ArrowRight: (far) => (far ? nextTurn(1) : seek(audio.currentTime + 5, false)),
};

document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented || !(event.key in KEYS)) return;
  if (KEYS_OFF.test(document.cookie) || document.querySelector('dialog[open], :popover-open')) return;
  if (event.target.closest?.(OWN_KEYS)) return;
  event.preventDefault();
  KEYS[event.key](event.shiftKey);
});
