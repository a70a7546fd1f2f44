/** Returns the lines that differ: removed ones with `-`, and added ones with `+`. */
export function lineChanges(before: string, after: string): string[] {
  const [old, now] = [before.split(/\r?\n/), after.split(/\r?\n/)];
  const changes: string[] = [];
  let next = 0;
  for (const line of old) {
    const found = now.indexOf(line, next);
    if (found < 0) {
      changes.push(`- ${line}`);
      continue;
    }
    changes.push(...now.slice(next, found).map((added) => `+ ${added}`));
    next = found + 1;
  }
  return [...changes, ...now.slice(next).map((added) => `+ ${added}`)];
}
