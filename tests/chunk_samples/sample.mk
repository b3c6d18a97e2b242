# What compiles.
CC := gcc
CFLAGS = -O2 \
	-Wall
export PATH_X ?= /usr

.PHONY: all clean

# Everything.
all: app lib.a
	@echo done

app lib.a: main.o
	$(CC) -o $@ $^

%.o: %.c
	$(CC) -c $<

define RECIPE
echo hello
endef

ifeq ($(DEBUG),1)
debug: all
	gdb app
endif

clean:
	rm -f app
