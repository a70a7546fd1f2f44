# GETs a URL with LWP: lwp-client.pl URL (REALM USERNAME PASSWORD)...
# The arguments are decoded into characters, so LWP must encode them in the charset of the challenge.
use strict;
use warnings;
use Encode qw(decode);
use LWP::UserAgent;
use URI;

my ( $url, @rest ) = map { decode( 'UTF-8', $_ ) } @ARGV;
my $agent = LWP::UserAgent->new;
while ( my ( $realm, $username, $password ) = splice @rest, 0, 3 ) {
    $agent->credentials( URI->new($url)->host_port, $realm, $username, $password );
}
my $response = $agent->get($url);
print $response->code, "\n", $response->content;
