% A queue.
classdef Queue < handle
    properties
        Name = 'x'
        Items
    end
    properties (Constant)
        LIMIT = 10
    end
    events
        Popped
    end
    enumeration
        Open
        Closed
    end
    methods
        function obj = Queue(name)
            obj.Name = name;
        end
        % Adds an item.
        function push(obj, item)
            obj.Items{end+1} = item;
        end
    end
    methods (Static)
        function r = make()
            r = Queue('x');
        end
    end
end

function y = helper(x)
    y = x + 1;
end
