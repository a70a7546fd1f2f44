/** Hashes of "wonder:land". Their cost is low, so that tests are fast; it is too low for a server. */
export const wonderland = {
  argon2id: '$argon2id$v=19$m=64,t=1,p=1$muCMtNZsahQt62pcy2mYHQ$JR3BS05Bi3fPKkZspPtsikMr4Qs3mFR8rDhw1YDnCVw',
  bcrypt: '$2y$04$bmCwOfWaeli/c8pJ4yHd2.9lCe8Ctnmmo/zT1cVkpQYGndjHYhWF6',
  scrypt: '$scrypt$ln=4,r=8,p=1$PKc532tS04OSnz8RE+JQrg$hnAtivSukmd/wNUM51ZUrDuFAGpmoFRW/X3yDCZqLmE',
};

/** Hashes of "builder" with the same cost. */
export const builder = {
  argon2id: '$argon2id$v=19$m=64,t=1,p=1$9B6/LdhCEunlsaMw0kPxuw$kIC2LGqnkfAOEkaBSKUZnaOPF4QURhjOZQ6VT/7w9NA',
  bcrypt: '$2y$04$UeUW3GJgnkTg8.qxBxzP0ee8jaR.pS0/QFYE4ewsSnmTcVbO.vaTW',
  scrypt: '$scrypt$ln=4,r=8,p=1$JsnglUBtEgxe4Hzv5dbAwQ$6tZqkE1Oq3l0shiLUqm7OJHnofTDcxFZvaappWG57b0',
};

export const algorithms = ['argon2id', 'bcrypt', 'scrypt'] as const;
