// SPDX-License-Identifier: MIT
pragma solidity ^0.8.0;

import "./Base.sol";

uint constant LIMIT = 10;

struct Point { uint x; uint y; }

error Unauthorized(address who);

/// A token.
contract Token is Base {
    uint public constant MAX = 1000;
    mapping(address => uint) private balances;
    enum State { Open, Closed }
    event Transfer(address indexed from, address to, uint value);
    error Empty();
    struct Item { uint id; }

    modifier onlyOwner() { _; }

    constructor(uint supply) { }

    /// Moves tokens.
    function transfer(address to, uint value) public returns (bool) {
        return true;
    }

    function later() external virtual;
    receive() external payable { }
    fallback() external { }
}

interface IToken {
    function total() external view returns (uint);
}

library Maths {
    function add(uint a, uint b) internal pure returns (uint) { return a + b; }
}

function free(uint a) pure returns (uint) { return a; }
