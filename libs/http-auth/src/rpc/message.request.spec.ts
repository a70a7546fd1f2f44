import { describe, expect, it } from '@jest/globals';
import { Metadata } from '@grpc/grpc-js';
import { countFieldLines, isGone } from '../http/request.js';
import { linesOf, requestOf, setFields } from './message.request.js';

function callFrom(peer: string, more: object = {}) {
  const metadata = new Metadata();
  return {
    metadata,
    cancelled: false,
    getPath: () => '/library.BooksService/Find',
    getPeer: () => peer,
    sendMetadata: () => undefined,
    emit: () => true,
    once: () => undefined,
    ...more,
  };
}

describe('The request of a gRPC call', () => {
  it('has the path, the payload and the address', () => {
    const call = callFrom('192.0.2.1:50051');
    expect(requestOf([{ id: 1 }, call.metadata, call], 'pattern')).toMatchObject({
      method: 'POST',
      url: '/library.BooksService/Find',
      headers: {},
      body: { id: 1 },
      ip: '192.0.2.1',
    });
  });

  it.each([
    ['2001:db8::1:50051', '2001:db8::1'],
    ['unknown', undefined],
    ['/tmp/socket', undefined],
  ])('has for the peer %s the address %s', (peer, ip) => {
    const call = callFrom(peer);
    expect(requestOf([{}, call.metadata, call], '').ip).toBe(ip);
  });

  it('has no body if the client sends a stream', () => {
    const call = callFrom('', { readable: true });
    expect(requestOf([call], '').body).toBeUndefined();
  });

  it('is gone if the call is cancelled', () => {
    const call = callFrom('');
    const request = requestOf([{}, call.metadata, call], '');
    expect(isGone(request)).toBe(false);
    call.cancelled = true;
    expect(isGone(request)).toBe(true);
  });

  it('has several lines of authorization if the metadata do, so that the guard refuses it', () => {
    const call = callFrom('');
    call.metadata.add('authorization', 'Bearer one');
    call.metadata.add('authorization', 'Bearer two');
    call.metadata.add('x-id', '1');
    call.metadata.add('X-Id', '2');
    call.metadata.add('data-bin', Buffer.from('x'));
    const request = requestOf([{}, call.metadata, call], '');
    setFields(request, linesOf(call));
    expect(request.headers).toEqual({ authorization: 'Bearer one', 'x-id': '1, 2' });
    expect(countFieldLines(request, 'authorization')).toBe(2);
  });
});

describe('The request of another message', () => {
  it('has the pattern, the payload, and the address if the transport knows it', () => {
    const context = { getSocketRef: () => ({ netSocket: { remoteAddress: '192.0.2.2' } }) };
    expect(requestOf(['data', context], '{"cmd":"é"}')).toMatchObject({
      url: '/%7B%22cmd%22:%22%C3%A9%22%7D',
      body: 'data',
      ip: '192.0.2.2',
    });
    expect(requestOf([], 'who')).toMatchObject({ url: '/who', ip: undefined });
    expect(requestOf([null, { getSocketRef: () => undefined }], 'who').ip).toBeUndefined();
  });
});
