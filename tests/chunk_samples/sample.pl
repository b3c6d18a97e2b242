#!/usr/bin/perl
package Shop::Queue;
use strict;
use constant LIMIT => 10;
use constant { FIRST => 1, LAST => 2 };

our $VERSION = '1.0';
my %options = (a => 1);

# Makes a queue.
sub new {
    my ($class, %args) = @_;
    return bless {}, $class;
}

sub push_item($self, $item) {
    push @{$self->{items}}, $item;
    my $helper = sub { return 1 };
}

sub later;

package Shop::Order {
    sub total { return 1; }
}

my $handler = sub { 1 };
*alias = \&push_item;

subtest 'pops in order' => sub {
    ok(1);
};

1;
