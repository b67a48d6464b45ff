// Behaviour is delegated from the document; every page works without it.
const root = document.documentElement;
root.dataset.script = '';

document.addEventListener('input', (event) => {
  const input = event.target;
  if (input.type === 'range') {
    for (const output of document.querySelectorAll(`output[for~="${input.id}"]`)) {
      output.value = Number(input.value).toFixed(2) + (input.dataset.outputSuffix ?? '');
    }
  }
  if (input.matches('[data-menu-filter]')) filterMenu(input);
  input.closest('[data-dirty]')?.setAttribute('data-dirty', 'yes');
});

function filterMenu(input) {
  const word = input.value.trim().toLowerCase();
  for (const entry of input.closest('.menu').querySelectorAll('[data-entry]')) {
    entry.hidden = !entry.textContent.toLowerCase().includes(word);
  }
}

document.addEventListener('keydown', (event) => {
  const menu = event.target.closest?.('.menu');
  if (!menu || !['ArrowDown', 'ArrowUp'].includes(event.key)) return;
  const entries = [...menu.querySelectorAll('input, a, button')].filter((e) => !e.closest('[hidden]'));
  const step = event.key === 'ArrowDown' ? 1 : -1;
  const next = entries.indexOf(document.activeElement) + step;
  entries[(next + entries.length) % entries.length].focus();
  event.preventDefault();
});

document.addEventListener('click', (event) => {
  const target = event.target.closest('[data-dismiss], [data-theme-toggle], [data-copy], [commandfor]');
  if (!target) return;
  if (target.matches('[data-dismiss]')) target.closest('.toast').remove();
  if (target.matches('[data-theme-toggle]')) toggleTheme();
  if (target.matches('[data-copy]')) copy(target);
  if (target.matches('[commandfor]') && !('commandForElement' in HTMLButtonElement.prototype)) {
    const dialog = document.getElementById(target.getAttribute('commandfor'));
    if (target.getAttribute('command') === 'show-modal') dialog.showModal();
    else dialog.close();
  }
});

function toggleTheme() {
  const system = matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
  const next = (root.dataset.theme ?? system) === 'dark' ? 'light' : 'dark';
  root.dataset.theme = next;
  document.cookie = `theme=${next};path=/;max-age=31536000;samesite=lax`;
}

async function copy(button) {
  await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent.trim());
  button.querySelector('[data-label]').textContent = 'Copied';
}

// A second click on a form that is on its way is one too many.
document.addEventListener('submit', (event) => {
  const form = event.target;
  if (form.method === 'get' || form.method === 'dialog' || form.hasAttribute('hx-post')) return;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = 'yes';
  form.removeAttribute('data-dirty');
});

addEventListener('pageshow', () => {
  for (const form of document.querySelectorAll('form[data-sent]')) delete form.dataset.sent;
});

// A drawing that does not fit begins at its first state.
for (const wrap of document.querySelectorAll('.graphwrap')) {
  const first = wrap.querySelector('.state')?.getBoundingClientRect();
  if (first) wrap.scrollLeft = first.left + first.width / 2 - wrap.getBoundingClientRect().left - wrap.clientWidth / 2;
}

let leaving = false;
document.addEventListener('submit', () => { leaving = true; });
addEventListener('beforeunload', (event) => {
  if (!leaving && document.querySelector('[data-dirty="yes"]')) event.preventDefault();
});

function fade() {
  for (const toast of document.querySelectorAll('.toast:not(.danger):not([data-timed])')) {
    toast.dataset.timed = '';
    setTimeout(() => toast.remove(), 6000);
  }
}
fade();
document.addEventListener('htmx:afterSwap', (event) => {
  // What renews itself takes nobody's focus.
  if (event.detail.target?.matches('[data-quiet]')) return;
  leaving = false;
  fade();
  if (document.activeElement === document.body) document.querySelector('h1')?.focus();
});

// What htmx cannot show: a refusal that is no page part, or no answer at all.
function tell(sentence) {
  document.querySelector('.toast[data-told]')?.remove();
  const toast = document.createElement('div');
  toast.className = 'toast danger';
  toast.dataset.told = '';
  const words = document.createElement('p');
  words.textContent = sentence;
  const close = document.createElement('button');
  Object.assign(close, { type: 'button', className: 'btn ghost square', textContent: '✕', ariaLabel: 'Dismiss' });
  close.dataset.dismiss = '';
  toast.append(words, close);
  document.getElementById('toasts')?.append(toast);
}
document.addEventListener('htmx:responseError', (event) => {
  leaving = false;
  const { status, responseText } = event.detail.xhr;
  if (status === 401) {
    tell('You are no longer signed in. Copy what you typed, which is still here, before you sign in again.');
    return;
  }
  const page = new DOMParser().parseFromString(responseText, 'text/html');
  const said = page.querySelector('.failure h1 + p')?.textContent ?? 'This did not work.';
  tell(`${said} (Error ${status}.) What you typed is still here until you reload the page.`);
});
document.addEventListener('htmx:sendError', () => {
  leaving = false;
  tell('Ward cannot be reached. Check the connection and try again; what you typed is still here.');
});

// The palette: Ctrl K anywhere, arrows move, Enter opens, Escape closes.
document.addEventListener('keydown', (event) => {
  const palette = document.getElementById('palette');
  if (!palette) return;
  if (event.key.toLowerCase() === 'k' && (event.ctrlKey || event.metaKey) && !event.altKey) {
    event.preventDefault();
    if (!palette.open) palette.showModal();
    const input = palette.querySelector('input');
    input.select();
    htmx.trigger(input, 'open');
  }
  if (palette.open && ['ArrowDown', 'ArrowUp', 'Enter'].includes(event.key)) movePalette(palette, event);
});

function movePalette(palette, event) {
  const entries = [palette.querySelector('input'), ...palette.querySelectorAll('a')];
  const at = entries.indexOf(document.activeElement);
  if (event.key === 'Enter') {
    if (at > 0 || entries.length < 2) return;
    entries[1].click();
  } else {
    const next = at + (event.key === 'ArrowDown' ? 1 : -1);
    entries[(next + entries.length) % entries.length].focus();
  }
  event.preventDefault();
}

document.addEventListener('click', (event) => {
  if (event.target.id === 'palette') event.target.close();
});
