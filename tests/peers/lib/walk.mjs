// The whole loop, once: what one person on Plaza and one on another server see of each other, from "never switched on"
// to "gone". The peer tests and `./dev run --check` walk it.
import assert from "node:assert/strict";
import { ACTIVITY, get, webfingerUrl } from "./http.mjs";
import { step } from "./harness.mjs";
import { until } from "./wait.mjs";

// snac looks into its queues every three seconds, and some steps take it two looks.
const SOON = 20;
const USER = "alice";

export async function walk({ plaza, gateway, peer }) {
  const handle = `@${USER}@${gateway.host}`;
  const { origin } = gateway;
  let actor, note, reply;

  const arrived = (what, test) => until(what, SOON, async () => (await peer.arrivals(origin)).find(test));
  const noteShows = (id, text) => until(`${peer.name} shows "${text}"`, SOON, async () => (await peer.note(id))?.text.includes(text));
  const onPlaza = (what, post, test) => until(what, SOON, async () => test(await plaza.show(post)));

  await step("never switched on: every public route answers 404", async () => {
    for (const url of routesOf(origin, USER, "abcdefghijk23", "abcdefghijklmnop")) await answers(url, 404);
    const posted = await fetch(`${origin}/u/abcdefghijk23/inbox`, { method: "POST", body: "{}", headers: { "content-type": ACTIVITY } });
    assert.equal(posted.status, 404, `POST to the inbox of nobody: ${posted.status}`);
  });

  await step("switched on at Plaza: webfinger finds the handle", async () => {
    await plaza.federate(USER, true);
    actor = await until("webfinger answers", SOON, () => gateway.actorOf(USER));
    const { json, headers } = await get(webfingerUrl(origin, `acct:${USER}@${gateway.host}`));
    assert.equal(json.subject, `acct:${USER}@${gateway.host}`);
    assert.equal(headers.get("content-type"), "application/jrd+json");
    assert.match(actor, new RegExp(`^${origin}/u/[a-z2-7]{13}$`));
  });

  await step(`${peer.name} finds the actor by its handle`, async () => {
    const found = await peer.lookup(handle);
    assert.equal(found.id, actor);
    assert.equal(found.preferredUsername, USER);
    const { json, headers } = await get(actor);
    assert.equal(headers.get("content-type"), ACTIVITY);
    assert.equal(json.type, "Person");
    assert.equal(json.inbox, `${actor}/inbox`);
    assert.equal(json.endpoints.sharedInbox, `${origin}/inbox`);
    assert.equal(json.publicKey.owner, actor);
    assert.match(json.publicKey.publicKeyPem, /^-----BEGIN PUBLIC KEY-----\n/);
  });

  await step("followed, and the follow is accepted", async () => {
    await peer.follow(handle);
    await until("the Accept", SOON, () => peer.follows(actor));
    assert.equal(await followers(actor), 1);
  });

  let post = await plaza.post(USER, "The drawbridge is down.");
  await step("a post on Plaza arrives as Create", async () => {
    const create = await arrived("Create", ({ type, object }) => type === "Create" && object.content.includes("drawbridge is down"));
    note = create.object.id;
    assert.equal(create.id, `${note}#create`);
    assert.match(note, new RegExp(`^${actor}/p/[a-z2-7]{16}$`));
    assert.equal(create.object.attributedTo, actor);
    assert.equal(create.object.updated, undefined);
    await noteShows(note, "drawbridge is down");
    const { status, json } = await get(note);
    assert.equal(status, 200);
    assert.equal(json.content, create.object.content);
  });

  await step("its edit arrives as Update, with the time of the edit", async () => {
    await plaza.edit(post, "The drawbridge is up again.");
    const update = await arrived("Update", ({ type, object }) => type === "Update" && object.id === note);
    assert.ok(Date.parse(update.object.updated) >= Date.parse(update.object.published), `updated: ${update.object.updated}`);
    await noteShows(note, "up again");
  });

  await step(`a reply from ${peer.name} appears on Plaza, with the full handle, under the post`, async () => {
    await peer.addFollower(actor);
    reply = await peer.reply(note, "May I come in?");
    const shown = await until("the reply on Plaza", SOON, () => plaza.replyWith(post, "May I come in?"));
    assert.equal(shown.handle, peer.handle);
    assert.equal(shown.parent, post);
    assert.equal((await plaza.show(post)).replies.length, 1);
    assert.deepEqual((await get(`${note}/replies`)).json.items, [reply]);
  });

  await step(`${peer.name} edits the reply: it changes on Plaza`, async () => {
    await peer.edit(reply, "May we come in?", actor);
    await until("the edited reply on Plaza", SOON, () => plaza.replyWith(post, "May we come in?"));
    assert.equal((await plaza.show(post)).replies.length, 1);
  });

  await step(`${peer.name} deletes the reply: it is gone from Plaza`, async () => {
    await peer.remove(reply, actor);
    await onPlaza("the reply gone from Plaza", post, ({ replies }) => replies.length === 0);
  });

  await step("a like is counted, and its undo", async () => {
    await peer.like(note);
    await onPlaza("the like", post, ({ likes }) => likes === 1);
    await peer.unlike(note, actor);
    await onPlaza("no like", post, ({ likes }) => likes === 0);
  });

  await step("a boost is counted, and its undo", async () => {
    await peer.boost(note);
    await onPlaza("the boost", post, ({ reposts }) => reposts === 1);
    await peer.unboost(note, actor);
    await onPlaza("no boost", post, ({ reposts }) => reposts === 0);
  });

  await step("the post is deleted on Plaza: a Delete arrives, its id answers 410 with a Tombstone", async () => {
    await plaza.remove(post);
    const gone = await arrived("Delete", ({ type, object }) => type === "Delete" && (object.id ?? object) === note);
    assert.equal(gone.id, `${note}#delete`);
    await until(`the note gone from ${peer.name}`, SOON, async () => (await peer.note(note)) === null);
    const { status, json } = await get(note);
    assert.equal(status, 410);
    assert.equal(json.type, "Tombstone");
    assert.equal(json.id, note);
  });

  let kept;
  await step("unfollowed: a post that is made now does not arrive, one made after another follow does", async () => {
    await peer.unfollow(actor);
    await until("nobody follows", SOON, async () => (await followers(actor)) === 0);
    await plaza.post(USER, "Nobody hears this.");
    await until("the post is served", SOON, async () => (await outbox(actor)) === 1);
    await peer.follow(handle);
    await until("the Accept", SOON, async () => (await followers(actor)) === 1 && (await peer.follows(actor)));
    post = await plaza.post(USER, "Somebody hears this.");
    const create = await arrived("the later post", ({ type, object }) => type === "Create" && object.content.includes("Somebody hears"));
    kept = create.object.id;
    const heard = (await peer.arrivals(origin)).some((activity) => JSON.stringify(activity).includes("Nobody hears"));
    assert.ok(!heard, "the post from the time without a follower arrived");
    await peer.unfollow(actor);
    await until("nobody follows", SOON, async () => (await followers(actor)) === 0);
  });

  await step("switched off at Plaza: gone everywhere", async () => {
    await plaza.federate(USER, false);
    await until("webfinger answers 410", SOON, async () => (await get(webfingerUrl(origin, `acct:${USER}@${gateway.host}`))).status === 410);
    for (const url of [`${origin}/@${USER}`, `${actor}/outbox`, `${actor}/followers`, note, kept]) await answers(url, 410);
    await arrived("Delete of the account", ({ type, object }) => type === "Delete" && (object.id ?? object) === actor);
    await until("the actor answers 410 once every server that knew it has been told", SOON, async () => {
      const { status, json } = await get(actor);
      if (status === 200) checkStub(json, actor);
      return status === 410;
    });
    for (const url of routesOf(origin, USER, actor.split("/").pop(), note.split("/").pop())) await answers(url, 410);
  });

  await step("every activity arrived exactly once, and nothing that arrived was refused", async () => {
    const ids = (await peer.arrivals(origin)).map(({ id }) => id);
    assert.deepEqual(ids.filter((id, at) => ids.indexOf(id) !== at), []);
    assert.deepEqual(await peer.complaints(), []);
  });
}

const followers = async (actor) => (await get(`${actor}/followers`)).json.totalItems;
const outbox = async (actor) => (await get(`${actor}/outbox`)).json.totalItems;

/** Every address at which something of the account could be found. */
function routesOf(origin, name, aid, oid) {
  const actor = `${origin}/u/${aid}`;
  const post = `${actor}/p/${oid}`;
  return [
    webfingerUrl(origin, `acct:${name}@${new URL(origin).host}`),
    webfingerUrl(origin, actor),
    webfingerUrl(origin, `${origin}/@${name}`),
    `${origin}/@${name}`,
    actor,
    ...["inbox", "outbox", "followers", "following", "featured"].map((part) => `${actor}/${part}`),
    post,
    ...["replies", "likes", "shares", "context"].map((part) => `${post}/${part}`),
  ];
}

async function answers(url, status) {
  for (const accept of [ACTIVITY, "text/html"]) {
    const answer = await get(url, { accept });
    assert.equal(answer.status, status, `${url} for ${accept} answers ${answer.status}`);
  }
}

/** While Deletes are owed, the actor serves just enough to verify them (DESIGN §6). */
function checkStub(json, actor) {
  assert.equal(json.id, actor);
  assert.equal(json.suspended, true);
  assert.ok(json.type && json.preferredUsername && json.inbox && json.publicKey.publicKeyPem);
  for (const part of ["name", "summary", "icon", "outbox"]) assert.equal(json[part], undefined, `the stub has ${part}`);
}
