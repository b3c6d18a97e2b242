#import <Foundation/Foundation.h>
#import "Queue.h"

#define MAX_ITEMS 10

static const int kLimit = 3;

typedef NS_ENUM(NSInteger, State) {
    StateOpen,
    StateClosed,
};

typedef void (^Handler)(int code);

// Things that can be closed.
@protocol Closeable <NSObject>
- (void)close;
@optional
@property (nonatomic, readonly) BOOL open;
@end

// A queue of items.
@interface Queue : NSObject <Closeable>
@property (nonatomic, copy) NSString *name;
- (instancetype)initWithName:(NSString *)name limit:(int)limit;
+ (Queue *)shared;
@end

@interface Queue ()
- (void)secret;
@end

@implementation Queue {
    NSMutableArray *_items;
}

// Makes a queue.
- (instancetype)initWithName:(NSString *)name limit:(int)limit {
    self = [super init];
    return self;
}

+ (Queue *)shared {
    return nil;
}

- (void)close {
    [_items removeAllObjects];
}
@end

@implementation NSString (Shout)
- (NSString *)shout {
    return [self uppercaseString];
}
@end

int add(int a, int b) {
    return a + b;
}
