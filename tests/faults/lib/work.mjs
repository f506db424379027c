// Members of Plaza who post, edit and delete at random; what the fediverse must have seen in the end is derived from it.
import { randomInt } from "node:crypto";

export class Work {
  posts = []; // {user, native, mark, text, edits, deleted}

  constructor(plaza, users) {
    this.plaza = plaza;
    this.users = users;
    this.done = 0;
  }

  get living() {
    return this.posts.filter(({ deleted, kept }) => !deleted && !kept);
  }

  /** `kept`: it is neither edited nor deleted at random. */
  async post(user, { words = "Hello.", kept = false } = {}) {
    const mark = `[p${this.posts.length}]`;
    const post = { user, mark, text: `${mark} ${words}`, edits: 0, kept };
    this.posts.push(post);
    post.native = await this.plaza.post(user, post.text);
    return post;
  }

  async edit(post) {
    post.text = `${post.mark} Edition ${++post.edits}.`;
    await this.plaza.edit(post.native, post.text);
  }

  async remove(post) {
    post.deleted = true;
    await this.plaza.remove(post.native);
  }

  /** One deed: a new post, an edit or a removal, as often as each other. */
  async deed() {
    this.done++;
    const { living } = this;
    const what = living.length < 3 ? 0 : randomInt(3);
    if (what === 0) await this.post(this.users[randomInt(this.users.length)]);
    else await (what === 1 ? this.edit(living[randomInt(living.length)]) : this.remove(living[randomInt(living.length)]));
  }
}
