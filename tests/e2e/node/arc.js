// npm's mailauth: what it thinks of the ARC chain of a message.
const fs = require('fs');
const { authenticate } = require('mailauth');

async function main() {
    const facts = JSON.parse(fs.readFileSync(process.argv[2], 'utf8'));
    const resolver = async (name, type) => {
        if (type === 'TXT' && facts.zone[name]) return [[facts.zone[name]]];
        throw Object.assign(new Error('no such name'), { code: 'ENOTFOUND' });
    };
    const found = await authenticate(Buffer.from(facts.message, 'latin1'), {
        ip: '192.0.2.1', helo: 'mx.test', sender: 'a@b.test', mta: 'mx.peer.test', resolver, disableBimi: true
    });
    process.stdout.write(JSON.stringify({ chain: found.arc.status.result, instance: found.arc.i }));
}
main().catch(fault => { process.stderr.write(String(fault.stack)); process.exit(1); });
