// npm's mailauth: verifies what we signed, and signs the same messages itself.
const fs = require('fs');
const { dkimVerify } = require('mailauth/lib/dkim/verify');
const { dkimSign } = require('mailauth/lib/dkim/sign');

async function main() {
    const facts = JSON.parse(fs.readFileSync(process.argv[2], 'utf8'));
    const resolver = async (name, type) => {
        if (type === 'TXT' && facts.zone[name]) return [[facts.zone[name]]];
        throw Object.assign(new Error('no such name'), { code: 'ENOTFOUND' });
    };
    const results = [];
    for (const one of facts.cases) {
        const { results: verdicts } = await dkimVerify(Buffer.from(one.signed, 'latin1'), { resolver });
        // Without a time of its own the signer asks the clock twice, and signs another second than it writes.
        const made = await dkimSign(Buffer.from(one.plain, 'latin1'), {
            signTime: new Date(),
            signatureData: [{
                signingDomain: 'sender.test', selector: one.selector, privateKey: one.key,
                algorithm: one.selector === 'ed' ? 'ed25519-sha256' : 'rsa-sha256', canonicalization: 'relaxed/relaxed'
            }]
        });
        results.push({ verified: verdicts[0].status.result, field: made.signatures });
    }
    process.stdout.write(JSON.stringify(results));
}
main().catch(fault => { process.stderr.write(String(fault.stack)); process.exit(1); });
