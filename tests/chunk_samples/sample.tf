# The network.
resource "aws_vpc" "main" {
  cidr_block = "10.0.0.0/16"
}

variable "region" {
  type    = string
  default = "eu"
}

output "vpc_id" {
  value = aws_vpc.main.id
}

module "db" {
  source = "./db"
}

data "aws_ami" "ubuntu" {
  most_recent = true
}

locals {
  name = "shop"
  tags = { a = 1 }
}

provider "aws" {
  region = var.region
}

terraform {
  required_version = ">= 1.0"
}
