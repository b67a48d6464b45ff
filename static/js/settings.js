// Settings pages: a range and its figure move together; the preview plays in place.
const figureOf = (range) => document.getElementById(range.dataset.range);

document.addEventListener('input', (event) => {
  const moved = event.target;
  if (moved.matches('[data-range]')) {
    figureOf(moved).value = moved.value;
    followPreview(moved.id, moved.value);
  }
  if (moved.matches('[data-figure]')) {
    const range = document.getElementById(moved.dataset.figure);
    const value = moved.value.trim();
    range.value = value === '' ? 1 : value;
    for (const output of document.querySelectorAll(`output[for~="${range.id}"]`)) {
      output.value = value === '' ? 'Default' : value + (range.dataset.outputSuffix ?? '');
    }
    followPreview(range.id, range.value);
  }
});

function followPreview(name, value) {
  const input = document.getElementById(`hear-${name}`);
  if (input) input.value = value;
}

document.addEventListener('submit', async (event) => {
  const form = event.target.closest('[data-preview]');
  if (!form) return;
  event.preventDefault();
  // The page is not being left: the guard of unsaved changes must not hear of this.
  event.stopPropagation();
  const audio = form.querySelector('audio');
  const problem = form.querySelector('[data-preview-error]');
  audio.hidden = false;
  problem.textContent = '';
  audio.src = `${form.action}?${new URLSearchParams(new FormData(form))}`;
  try {
    await audio.play();
  } catch {
    problem.textContent = 'This could not be played. Check the sentence, the speed and the volume.';
  }
}, { capture: true });

// Enter in the box of a list adds to the list.
document.addEventListener('keydown', (event) => {
  if (event.key !== 'Enter' || !event.target.matches('.field input[name$="-new"]')) return;
  event.preventDefault();
  event.target.parentElement.querySelector('button').click();
});

// After a save by htmx the first message, or the first bad field, takes the focus.
document.addEventListener('htmx:afterSwap', () => {
  const form = document.getElementById('settings-form');
  const first = form?.querySelector('[aria-invalid="true"]') ?? form?.querySelector('#conflict')
    ?? form?.querySelector('[data-focus]');
  if (first) first.focus();
});
