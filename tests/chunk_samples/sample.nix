# A package.
{ pkgs ? import <nixpkgs> { }, lib, ... }:

let
  version = "1.0";
  # Adds.
  add = a: b: a + b;
  helper = { x, y }: x + y;
in
{
  inherit version;
  shop = pkgs.stdenv.mkDerivation {
    pname = "shop";
    buildPhase = ''
      make
    '';
  };
  services.nginx.enable = true;
  double = x: x * 2;
  nested = rec {
    deep = y: y;
  };
}
