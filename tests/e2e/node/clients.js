// imapflow and nodemailer: connect, send, list, fetch, flag, move, IDLE. Prints "ok" or what failed.
'use strict';
const fs = require('fs');
const assert = require('assert');
const { ImapFlow } = require('imapflow');
const nodemailer = require('nodemailer');

const facts = JSON.parse(process.argv[2]);
const tls = { ca: fs.readFileSync(facts.ca), servername: 'localhost' };

async function send(subject) {
    const transport = nodemailer.createTransport({
        host: '127.0.0.1', port: facts.submission, requireTLS: true, tls, pool: true,
        auth: { user: facts.user, pass: facts.password }
    });
    const info = await transport.sendMail({
        from: `Démo Üser <${facts.user}>`, to: 'two@example.test, ' + facts.user, subject,
        text: 'plain ✓', html: '<p>html ✓</p>',
        attachments: [{ filename: 'naïve.txt', content: Buffer.alloc(200000, 'x') }]
    });
    transport.close();
    assert.strictEqual(info.rejected.length, 0);
}

async function main() {
    const client = new ImapFlow({
        host: '127.0.0.1', port: facts.imaps, secure: true, tls, logger: false,
        auth: { user: facts.user, pass: facts.password }
    });
    await client.connect();
    const folders = await client.list();
    for (const use of ['\\Sent', '\\Trash', '\\Drafts', '\\Junk', '\\Archive']) {
        assert.ok(folders.find(folder => folder.specialUse === use), use);
    }
    const lock = await client.getMailboxLock('INBOX');
    try {
        const told = new Promise(resolve => client.once('exists', resolve));
        const before = client.mailbox.exists;
        const idle = client.idle();  // ends when the next command is sent
        await send('ümläut — from node');
        assert.strictEqual((await told).count, before + 1);
        const message = await client.fetchOne('*', { envelope: true, bodyStructure: true, flags: true, source: true,
            internalDate: true, size: true });
        assert.strictEqual(message.envelope.subject, 'ümläut — from node');
        assert.strictEqual(message.envelope.from[0].name, 'Démo Üser');
        assert.strictEqual(message.bodyStructure.childNodes[1].dispositionParameters.filename, 'naïve.txt');
        assert.strictEqual(message.source.length, message.size);
        await idle;
        const { content } = await client.download('*', '2');
        let length = 0;
        for await (const chunk of content) length += chunk.length;
        assert.strictEqual(length, 200000);
        await client.messageFlagsAdd('*', ['\\Flagged', 'Project']);
        const flagged = await client.search({ keyword: 'Project' }, { uid: true });
        assert.deepStrictEqual(flagged, [message.uid]);
        await client.mailboxCreate('Projekte/Übung');
        const moved = await client.messageMove(String(message.uid), 'Projekte/Übung', { uid: true });
        assert.ok(moved.uidMap.get(message.uid));
    } finally {
        lock.release();
    }
    const status = await client.status('Projekte/Übung', { messages: true, unseen: true, size: true });
    assert.strictEqual(status.messages, 1);
    await client.mailboxOpen('Projekte/Übung');
    await client.append('Drafts', 'Subject: draft\r\n\r\nbody', ['\\Draft']);
    await client.messageDelete('1:*');
    await client.mailboxClose();
    await client.mailboxDelete('Projekte/Übung');
    await client.logout();
    console.log('ok');
}

main().catch(error => { console.error(error); process.exit(1); });
