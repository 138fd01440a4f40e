import { expect } from 'expect';
import { describe, it } from 'node:test';
import { aCommittedDraft, aFile, aTask } from '../testing/builders.js';
import { resultsOf } from './share-result.js';

describe('the result of a task', () => {
  const article = aTask({ title: 'Write the article', state: 'done', round: 1, drafts: [aCommittedDraft({ summary: 'Wrote it.', files: [aFile('campaign/article.md'), aFile('old.md', { deleted: true })] })] });
  it('is told to whoever does what depends on it and is not over, and to nobody else', () => {
    const [posts, letter, over, free] = [aTask({ dependsOn: [article.id] }), aTask({ dependsOn: [article.id], state: 'blocked' }), aTask({ dependsOn: [article.id], state: 'cancelled' }), aTask()];
    const content = '"Write the article" is done. Whoever did it says: Wrote it.\nFiles:\n- campaign/article.md\n- old.md (deleted)';
    expect(resultsOf(article, { tasks: [article, posts, letter, over, free] })).toEqual([posts, letter].map(({ id }) => ({ from: article.id, to: id, name: 'Result: Write the article', content })));
    expect(resultsOf({ ...article, drafts: [] }, { tasks: [posts] })).toEqual([]);
  });

  it('stays small', () => {
    const large = { ...article, drafts: [aCommittedDraft({ summary: 'x'.repeat(9_000), files: Array.from({ length: 60 }, (_, n) => aFile(`${n}.ts`)) })] };
    const [{ content } = { content: '' }] = resultsOf(large, { tasks: [aTask({ dependsOn: [article.id] })] });
    expect([content.length < 4_000, content.endsWith('- and 10 more')]).toEqual([true, true]);
  });
});
