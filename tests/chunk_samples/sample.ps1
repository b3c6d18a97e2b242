# Says hello.
function Get-Greeting {
    param([string]$Name)
    "Hello $Name"
}

function Script:Invoke-Deep($x) { return $x }

filter Only-Even { if ($_ % 2 -eq 0) { $_ } }

enum State {
    Open
    Closed = 2
}

# A queue.
class Queue : Base {
    [string]$Name
    static [int]$Limit = 3
    Queue([string]$name) { $this.Name = $name }
    [void] Push([int]$item) {
        $this.Items.Add($item)
    }
}

$Limit = 10
Set-Variable -Name Other -Value 2

Describe "queue" {
    It "pops in order" {
        1 | Should -Be 1
    }
}
