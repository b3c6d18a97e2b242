! A module of queues.
module queues
  implicit none
  integer, parameter :: limit = 10

  type :: point
    real :: x, y
  contains
    procedure :: norm => point_norm
  end type point

  interface area
    module procedure area_circle
  end interface

contains

  ! Adds an item.
  subroutine push(item)
    integer, intent(in) :: item
    print *, item
  end subroutine push

  pure real function total(a, b)
    real, intent(in) :: a, b
    total = a + b
  end function total
end module queues

program main
  use queues
  call push(1)
end program main
