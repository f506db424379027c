// An independent verifier of integrity proofs: npm's jsonld-signatures with the cryptosuite eddsa-jcs-2022.
import { get } from "../../peers/lib/http.mjs";
import { peers } from "../../peers/lib/paths.mjs";

const from = (name, file) => import(`${peers}/judges/node_modules/${name}/lib/${file}`);
const { default: signatures } = await from("jsonld-signatures", "jsonld-signatures.js");
const { DataIntegrityProof } = await from("@digitalbazaar/data-integrity", "index.js");
const { createVerifyCryptosuite } = await from("@digitalbazaar/eddsa-jcs-2022-cryptosuite", "index.js");

export class ProofJudge {
  #actors = new Map();

  async #actor(id) {
    if (!this.#actors.has(id)) this.#actors.set(id, (await get(id)).json);
    return this.#actors.get(id);
  }

  /** Did the actor to whom it is attributed sign the document with a key that it publishes in `assertionMethod`? */
  async holds(document) {
    const controller = await this.#actor(document.attributedTo);
    const methods = [controller.assertionMethod].flat();
    const documentLoader = async (url) => {
      const method = methods.find(({ id }) => id === url);
      if (!method) throw new Error(`the actor has no key ${url}`);
      return { documentUrl: url, document: { "@context": "https://w3id.org/security/multikey/v1", ...method } };
    };
    const purpose = new signatures.purposes.AssertionProofPurpose({ controller: { ...controller, assertionMethod: methods.map(({ id }) => id) } });
    const suite = new DataIntegrityProof({ cryptosuite: createVerifyCryptosuite() });
    const { verified } = await signatures.verify(structuredClone(document), { suite, purpose, documentLoader });
    return verified;
  }

  /** As `holds`, for text that may be no JSON at all and speak of actors that are not there. */
  async holdsText(text) {
    try {
      return await this.holds(JSON.parse(text));
    } catch {
      return false;
    }
  }
}
